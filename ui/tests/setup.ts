// What jsdom lacks, and one language to begin with.

import { beforeEach, vi } from 'vitest';
import { setLanguage } from '../src/lib/words/words.svelte';

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
  setLanguage('en');
});

// jsdom lays nothing out, so nothing changes its size.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
