// Keeps the keyboard's place: when what has the focus leaves the document, something near takes it, never the body.

/**
 * Watches `root` until the returned function is called. The focus goes to the nearest element around the lost one
 * that is marked `data-place`, else to the notice of a change (`data-news`), else to the screen's heading.
 */
export function keepFocus(root: HTMLElement): () => void {
  let had: HTMLElement | null = null;
  let around: HTMLElement[] = [];

  const came = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    had = target;
    around = [];
    for (let at = target.parentElement; at && at !== root; at = at.parentElement) {
      if (at.dataset['place'] !== undefined) around.push(at);
    }
  };
  // Browsers tell of a removed element too, so whether it only lost the focus is seen a moment later.
  const left = ({ target }: FocusEvent) => {
    queueMicrotask(() => {
      if (had === target && had?.isConnected) had = null;
    });
  };
  const changed = () => {
    if (!had || had.isConnected) return;
    had = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const near = around.find((place) => place.isConnected && shown(place));
    (near ?? news(root) ?? heading(root))?.focus();
  };

  const observer = new MutationObserver(changed);
  observer.observe(root, { childList: true, subtree: true });
  root.addEventListener('focusin', came);
  root.addEventListener('focusout', left);
  return () => {
    observer.disconnect();
    root.removeEventListener('focusin', came);
    root.removeEventListener('focusout', left);
  };
}

/** The notice of what a change did or is doing, when there is one. */
export function news(root: HTMLElement): HTMLElement | null {
  return first(root, '[data-news]');
}

/** What one came to the screen for, where that is not its beginning. */
export function goal(root: HTMLElement): HTMLElement | null {
  return first(root, '[data-goal]');
}

/** The heading of what is shown. */
export function heading(root: HTMLElement): HTMLElement | null {
  return first(root, '[data-heading]');
}

function first(root: HTMLElement, selector: string): HTMLElement | null {
  return [...root.querySelectorAll<HTMLElement>(selector)].find(shown) ?? null;
}

function shown(element: HTMLElement): boolean {
  return element.closest('[hidden]') === null;
}
