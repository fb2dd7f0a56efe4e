// What the user chose for the window itself, kept in the web view's own storage.

import { languageOf, languages, setLanguage, type Language } from '../words/words.svelte';

/** Light, dark, or what the system says. */
export type Theme = 'system' | 'light' | 'dark';
/** The themes, as Preferences lists them. */
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

const THEME = 'pincer.theme';
const LANGUAGE = 'pincer.language';

/** Language and theme: chosen, or by the system. */
export class Preferences {
  theme = $state<Theme>('system');
  language = $state<Language | 'system'>('system');
  /** The language that the system asks for. */
  systemLanguage = $state<Language>('en');

  #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.theme = oneOf(themes, read(storage, THEME)) ?? 'system';
    this.language = oneOf(languages, read(storage, LANGUAGE)) ?? 'system';
    this.#show();
  }

  /** Takes the system's language tag. */
  heard(tag: string): void {
    this.systemLanguage = languageOf(tag);
    this.#show();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write(this.#storage, THEME, theme);
    this.#show();
  }

  setLanguage(next: Language | 'system'): void {
    this.language = next;
    write(this.#storage, LANGUAGE, next);
    this.#show();
  }

  #show(): void {
    const shown = this.language === 'system' ? this.systemLanguage : this.language;
    setLanguage(shown);
    document.documentElement.lang = shown;
    if (this.theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
}

function oneOf<T extends string>(known: readonly T[], value: string | null): T | null {
  return known.find((one) => one === value) ?? null;
}

// A web view may refuse storage; the choice then lasts as long as the window.
function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch {
    // Kept in memory only.
  }
}
