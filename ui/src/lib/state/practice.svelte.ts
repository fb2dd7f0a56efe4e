// Practice mode: what can be played, and what was played last.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';

/** The practice computer, as the banner has it. */
export class Practice {
  /** What can be played; `null` outside of practice mode, and until that is known. */
  names = $state.raw<readonly string[] | null>(null);
  /** What was asked for last; `null`: all is well; `undefined`: nothing yet. */
  played = $state<string | null | undefined>(undefined);
  /** It is being set up. */
  busy = $state(false);
  failure = $state.raw<Failure | null>(null);

  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Asks whether this is practice mode. */
  async look(): Promise<void> {
    // Whatever is wrong is said where the state does not come.
    this.names = await this.#backend.practiceFaults().catch(() => null);
  }

  /** Plays a fault; `null`: all is well. */
  async play(name: string | null): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failure = null;
    this.played = name;
    try {
      await this.#backend.playFault(name);
    } catch (reason) {
      this.failure = asFailure(reason);
    } finally {
      this.busy = false;
    }
  }
}
