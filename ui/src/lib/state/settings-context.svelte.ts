// The length of conversation on the settings screen: the tokens that Ollama shall run with the pinned models.

import { CONTEXT_FLOOR } from '../models';
import type { Live } from './live.svelte';
import { wholeNumber } from './settings-rows';

/** Tokens to choose from. */
const CHOICES: readonly number[] = [16_384, 32_768, 65_536, 131_072];
/** What is written where nobody chose, for models that can hold it (OpenClaw's own cap for models that it discovers). */
const USUAL = 32_768;
/** The least and the most that makes sense, in tokens. */
export const LEAST_CONTEXT = 1024;
export const MOST_CONTEXT = 1_048_576;

/** What is chosen: nothing, one of the choices by its number, or a number of one's own. */
export type ContextValue = '' | 'own' | `${number}`;

/** The length of conversation that is chosen and not applied yet. */
export class ContextChoice {
  #value = $state<ContextValue>('');
  #text = $state('');
  #live: Live;
  /** To be told of every edit. */
  #edited: () => void;

  constructor(live: Live, edited: () => void) {
    this.#live = live;
    this.#edited = edited;
  }

  /** Models are listed already, each with its own. */
  get isSet(): boolean {
    return this.#live.settings?.mode === 'pinned';
  }

  /** What runs when nothing is chosen; `null` when it is not the same for all, or not told. */
  get present(): number | null {
    return this.isSet ? (this.#live.settings?.context ?? null) : USUAL;
  }

  /** The choices beside what runs already. */
  get choices(): number[] {
    return CHOICES.filter((tokens) => tokens !== this.present);
  }

  get value(): ContextValue {
    return this.#value;
  }

  set value(value: ContextValue) {
    this.#value = value;
    this.#edited();
  }

  /** The field for a number of one's own. */
  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#edited();
  }

  /** The tokens that are asked for; `null`: as it is; `NaN`: what is typed is no number that can be. */
  get asked(): number | null {
    if (this.#value === '') return null;
    const tokens = this.#value === 'own' ? (wholeNumber(this.#text, LEAST_CONTEXT) ?? Number.NaN) : Number(this.#value);
    if (tokens > MOST_CONTEXT) return Number.NaN;
    return tokens === this.present ? null : tokens;
  }

  /** What is typed cannot be asked for. An empty field is not wrong yet. */
  get isWrong(): boolean {
    return Number.isNaN(this.asked) && this.#text.trim() !== '';
  }

  /** OpenClaw's own instructions need more. */
  get isSmall(): boolean {
    return (this.asked ?? CONTEXT_FLOOR) < CONTEXT_FLOOR;
  }

  /** As it is. */
  discard(): void {
    this.#value = '';
    this.#text = '';
  }

  /** Forgets a choice that is by now what is set. */
  settle(): void {
    if (this.isSet && this.#value !== '' && this.asked === null) this.discard();
  }
}
