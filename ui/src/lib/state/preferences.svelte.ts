// What the user chose for the window itself; Pincer keeps it in its own folder.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';
import type { TextSize } from '../backend/types/TextSize';
import { language, languageFor, languageOf, languages, setLanguage, type Language } from '../words/words.svelte';

/** Light, dark, or what the system says. */
export type Theme = 'system' | 'light' | 'dark';
/** The themes, as Preferences lists them. */
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

/** How large the text is. */
export type Text = 'usual' | TextSize;
/** The sizes, as Preferences lists them. */
export const texts: readonly Text[] = ['usual', 'large', 'very-large'];

/** Language, theme, size of the text and notifications: chosen, or by the system. */
export class Preferences {
  theme = $state<Theme>('system');
  language = $state<Language | 'system'>('system');
  text = $state<Text>('usual');
  /** The system tells when something long has ended while another window is in front. */
  notify = $state(true);
  /** The language that the system asks for. */
  systemLanguage = $state<Language>(language());
  /** Where a preferences file that could not be read is now, until that was read. */
  setAside = $state<string | null>(null);
  /** The choice counts, but was not kept. */
  failure = $state.raw<Failure | null>(null);

  #backend: Pick<Backend, 'preferences' | 'keepPreferences'>;

  constructor(backend: Pick<Backend, 'preferences' | 'keepPreferences'>) {
    this.#backend = backend;
    this.#show();
  }

  /** Takes what was chosen in an earlier window. */
  async open(): Promise<void> {
    try {
      const { chosen, setAside } = await this.#backend.preferences();
      this.theme = chosen.theme ?? 'system';
      this.language = languages.find((one) => one === chosen.language) ?? 'system';
      this.text = chosen.text ?? 'usual';
      this.notify = chosen.notify;
      this.setAside = setAside;
      this.#show();
    } catch {
      // As the system then; choosing something says what is wrong.
    }
  }

  /** Takes the system's language tag. */
  heard(tag: string): void {
    this.systemLanguage = languageOf(tag);
    this.#show();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#chosen();
  }

  setText(text: Text): void {
    this.text = text;
    this.#chosen();
  }

  setLanguage(next: Language | 'system'): void {
    this.language = next;
    this.#chosen();
  }

  setNotify(on: boolean): void {
    this.notify = on;
    this.#chosen();
  }

  #chosen(): void {
    this.#show();
    const { theme, language, text, notify } = this;
    const chosen = {
      theme: theme === 'system' ? null : theme, language: language === 'system' ? null : language,
      text: text === 'usual' ? null : text, notify,
    };
    this.#backend.keepPreferences(chosen).then(
      () => (this.failure = null),
      (reason: unknown) => (this.failure = asFailure(reason)),
    );
  }

  #show(): void {
    void setLanguage(languageFor(this.language, this.systemLanguage));
    if (this.text === 'usual') delete document.documentElement.dataset.text;
    else document.documentElement.dataset.text = this.text;
    if (this.theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
}
