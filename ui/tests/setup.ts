// What jsdom lacks, and one language to begin with.

import { beforeEach, vi } from 'vitest';
import { languages, setLanguage } from '../src/lib/words/words.svelte';

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => undefined);
  // axe asks for a canvas and does without.
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  // jsdom has no modal dialogs; that the rest of the page cannot be reached is the browser's part.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
  HTMLElement.prototype.scrollIntoView ??= () => undefined;
  localStorage.clear();
  location.hash = '';
  void setLanguage('en');
});

// Each language is read when it is first shown; from then on a switch is at once.
for (const tag of languages) await setLanguage(tag);

// jsdom lays nothing out, so nothing changes its size.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
