// The report for whoever helps: made when asked for, kept as long as the window lives, never stored.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';

/** The text, and how its making goes. */
export class Report {
  text = $state<string | null>(null);
  busy = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** Someone waits for the text: it takes the focus. */
  wanted = $state(false);

  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Makes it anew. Who has gone on to something else meanwhile is left there. */
  async make(): Promise<void> {
    if (this.busy) return;
    const from = document.activeElement;
    this.busy = true;
    this.failure = null;
    try {
      this.text = await this.#backend.report();
      const at = document.activeElement;
      this.wanted = at === from || at === null || at === document.body;
    } catch (reason) {
      this.failure = asFailure(reason);
    } finally {
      this.busy = false;
    }
  }
}
