// The address of Ollama on the settings screen: what is chosen, and what a test of it said.

import { asFailure, type Backend } from '../backend/backend';
import type { AddressTest } from '../backend/types/AddressTest';
import type { Failure } from '../backend/types/Failure';
import { isHere } from '../models';
import type { Live } from './live.svelte';
import { USUAL_ADDRESS } from './settings-rows';

/** Where Ollama is. */
export type Place = 'here' | 'elsewhere';

/** What an address answered. */
export interface Tested {
  /** The address as it was asked for. */
  address: string;
  answer: AddressTest | null;
  failure: Failure | null;
}

/** The address that is chosen and not applied yet. */
export class AddressChoice {
  /** It is being asked. */
  testing = $state(false);

  // `null`: not touched.
  #place = $state<Place | null>(null);
  #text = $state<string | null>(null);
  #tested = $state.raw<Tested | null>(null);
  #live: Live;
  /** To be told of every edit. */
  #edited: () => void;

  constructor(live: Live, edited: () => void) {
    this.#live = live;
    this.#edited = edited;
  }

  /** The address that is written; where none is, the one that counts. */
  get present(): string {
    return this.#live.settings?.baseUrl ?? this.#live.path?.address.url ?? USUAL_ADDRESS;
  }

  /** This computer's: the present one when it is here, else the usual. */
  get here(): string {
    const counts = this.#live.path?.address.url ?? USUAL_ADDRESS;
    return [this.present, counts].find(isHere) ?? USUAL_ADDRESS;
  }

  get place(): Place {
    return this.#place ?? (isHere(this.present) ? 'here' : 'elsewhere');
  }

  set place(place: Place) {
    this.#place = place;
    this.#edited();
  }

  /** The field for another machine's address. */
  get text(): string {
    return this.#text ?? (isHere(this.present) ? '' : this.present);
  }

  set text(text: string) {
    this.#text = text;
    this.#edited();
  }

  /** The address that is asked for; `null`: the present one stays. */
  get wanted(): string | null {
    const wanted = this.place === 'here' ? this.here : this.text.trim();
    return wanted === this.present ? null : wanted;
  }

  /** What a test of the address that is shown said; `null` before one. */
  get tested(): Tested | null {
    return this.#tested?.address === (this.wanted ?? this.present) ? this.#tested : null;
  }

  /** What the other address that is asked for answered; `null` without such a one, or before it did. */
  get elsewhere(): AddressTest | null {
    return this.wanted === null ? null : (this.tested?.answer ?? null);
  }

  /** Asks the address that is shown; whether it is an Ollama's. */
  async test(backend: Backend): Promise<boolean> {
    const address = this.wanted ?? this.present;
    if (this.testing || address === '') return false;
    this.testing = true;
    this.#tested = null;
    try {
      this.#tested = { address, answer: await backend.testAddress(address), failure: null };
      this.#edited();
      return true;
    } catch (reason) {
      this.#tested = { address, answer: null, failure: asFailure(reason) };
      return false;
    } finally {
      this.testing = false;
    }
  }

  /** The present address again. */
  discard(): void {
    this.#place = this.#text = this.#tested = null;
  }

  /** Forgets a choice that is by now what is set. */
  settle(): void {
    if (this.tested?.answer?.url === this.present) this.#place = this.#text = null;
  }
}
