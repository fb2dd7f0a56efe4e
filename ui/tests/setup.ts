// What jsdom lacks, and one language to begin with.

import { beforeEach, vi } from 'vitest';
import { setLanguage } from '../src/lib/words/words.svelte';

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => undefined);
  // axe asks for a canvas and does without.
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  localStorage.clear();
  location.hash = '';
  setLanguage('en');
});
