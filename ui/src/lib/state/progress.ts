// What a screen reader is told of downloads and installations: the start, every 10 %, what stops them, the end; nothing
// in between.

import type { InstallState } from '../backend/types/InstallState';
import type { PullState } from '../backend/types/PullState';
import { percent } from '../words/format';
import { toldText } from '../words/install';
import { sentences, t } from '../words/words.svelte';

/** Remembers what was said last of downloads, and says what is new. */
export class PullTeller {
  #said = new Map<string, string>();

  /** The sentence for the newest step of any download, or `null` when nothing has to be said. */
  hear(pulls: readonly PullState[]): string | null {
    const news: string[] = [];
    for (const pull of pulls) {
      const step = stepOf(pull);
      if (this.#said.get(pull.name) === step) continue;
      this.#said.set(pull.name, step);
      news.push(sentence(pull, step));
    }
    for (const name of this.#said.keys()) {
      if (!pulls.some((pull) => pull.name === name)) this.#said.delete(name);
    }
    return news.length > 0 ? sentences(...news) : null;
  }
}

/** Remembers what was said last of the installation, and says what is new. */
export class InstallTeller {
  #said: string | null = null;

  /** The sentence for its newest step, or `null` when nothing has to be said. */
  hear(install: InstallState | null): string | null {
    const words = install && toldText(install);
    if (words === this.#said) return null;
    this.#said = words;
    return words;
  }
}

function stepOf(pull: PullState): string {
  switch (pull.state) {
    case 'starting':
    case 'downloading': {
      const tenths = Math.floor(pull.fraction * 10);
      return tenths === 0 ? 'started' : String(tenths);
    }
    // The last step of all, and a short one.
    case 'writing': return 'verifying';
    case 'done': return pull.listedBy === null ? 'done' : 'listed';
    default: return pull.state;
  }
}

function sentence(pull: PullState, step: string): string {
  switch (step) {
    case 'started':
    case 'queued':
    case 'waiting':
    case 'paused':
    case 'stalled':
    case 'verifying':
    case 'done':
    case 'listed':
    case 'failed':
    case 'cancelled':
      return t(`pull.say.${step}`, { name: pull.name });
    default:
      return t('pull.say.percent', { name: pull.name, percent: percent(Number(step) / 10) });
  }
}
