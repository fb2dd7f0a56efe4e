// Downloads as the user asks for them here; how they go comes from Rust.

import { asFailure, type Backend } from '../backend/backend';

/** Starts downloads, and remembers which one its row shall be brought into view for. */
export class Downloads {
  /** Just asked for: its row takes the focus as soon as it runs. */
  wanted = $state<string | null>(null);

  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Starts one; rejects with a `Failure`. */
  async start(name: string): Promise<void> {
    this.wanted = name;
    try {
      await this.#backend.pull(name, true);
    } catch (reason) {
      this.wanted = null;
      throw asFailure(reason);
    }
  }
}
