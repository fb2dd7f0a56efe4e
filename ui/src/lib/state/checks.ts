// What a screen reader is told of live checks: the start, each phase, every half minute, the end.

import type { CheckState } from '../backend/types/CheckState';
import { isTrying } from '../models';
import { stopwatch } from '../words/format';
import { checkTitle } from '../words/models';
import { sentences, t } from '../words/words.svelte';

/** Seconds between two words about the same phase. */
const PAUSE = 30;

/** Remembers what was said last, and says what is new. */
export class CheckTeller {
  #said = new Map<string, string>();
  #first = true;

  /** The sentence for the newest step of any check at `now` (milliseconds since 1970), or `null`. */
  hear(checks: readonly CheckState[], now: number): string | null {
    const news: string[] = [];
    for (const check of checks) {
      const pauses = isTrying(check) && check.phase !== 'queued' ? Math.floor((now - check.since) / 1000 / PAUSE) : 0;
      const step = `${check.since} ${check.phase} ${pauses}`;
      const former = this.#said.get(check.model);
      if (former === step) continue;
      this.#said.set(check.model, step);
      // Ended before anybody listened: that is no news.
      if (this.#first && !isTrying(check)) continue;
      const samePhase = former?.startsWith(`${check.since} ${check.phase} `) ?? false;
      news.push(sentence(check, samePhase ? pauses * PAUSE : 0));
    }
    if (checks.length > 0) this.#first = false;
    for (const name of this.#said.keys()) {
      if (!checks.some((check) => check.model === name)) this.#said.delete(name);
    }
    return news.length > 0 ? sentences(...news) : null;
  }
}

function sentence({ model: name, phase, result }: CheckState, seconds: number): string {
  if (seconds > 0) return t('check.say.still', { name, time: stopwatch(seconds) });
  if (phase === 'ended') {
    return result === null ? t('check.say.cancelled', { name }) : t('check.say.ended', { name, what: checkTitle(result) });
  }
  return t(`check.say.${phase}`, { name });
}
