// Downloads as the user asks for them here; how they go comes from Rust.

import { asFailure, type Backend } from '../backend/backend';
import type { PullState } from '../backend/types/PullState';

/** Starts downloads, and remembers which one its row shall be brought into view for. */
export class Downloads {
  /** Just asked for: its row takes the focus as soon as it runs. */
  wanted = $state<string | null>(null);
  /** The speed seen last in this window, in bytes a second: what the next download will take can be said by it. */
  speed = $state<number | null>(null);

  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Starts one; rejects with a `Failure`. `forOpenclaw`: OpenClaw is to get it when it is here. */
  async start(name: string, forOpenclaw = true): Promise<void> {
    this.wanted = name;
    try {
      await this.#backend.pull(name, forOpenclaw);
    } catch (reason) {
      this.wanted = null;
      throw asFailure(reason);
    }
  }

  /** Takes the speed of what runs; several share one line, so that they count together. */
  hear(pulls: readonly PullState[]): void {
    const speed = pulls.reduce((sum, pull) => sum + (pull.bytesPerSecond ?? 0), 0);
    if (speed > 0) this.speed = speed;
  }
}
