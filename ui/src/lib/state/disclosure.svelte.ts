// A part of the window that its button folds out: Escape folds it in again, and the focus goes back to the button.

/** Whether it is open. Attach `button` to its button. */
export class Disclosure {
  open = $state(false);
  #button: HTMLElement | null = null;

  constructor() {
    $effect(() => {
      if (!this.open) return;
      const keydown = (event: KeyboardEvent) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        // Whatever lies below keeps its own Escape for the next time.
        event.preventDefault();
        this.close();
      };
      addEventListener('keydown', keydown, true);
      return () => removeEventListener('keydown', keydown, true);
    });
  }

  button = (button: HTMLElement): void => {
    this.#button = button;
  };

  /** Folds it in, and gives the focus to its button. */
  close(): void {
    this.open = false;
    this.#button?.focus();
  }
}
