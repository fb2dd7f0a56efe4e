// What the system says while another window is in front: that a download, an installation or a proof has ended.

import type { InstallState } from '../backend/types/InstallState';
import type { ProofState } from '../backend/types/ProofState';
import type { PullState } from '../backend/types/PullState';
import { isInPlace, isInstalling } from '../install';
import { isRunning } from '../models';
import { failureText } from '../words/causes';
import { phaseText } from '../words/install';
import { proofTitle, proofWay } from '../words/openclaw';
import { t } from '../words/words.svelte';

/** A title and a sentence under it, which may be empty. */
export interface Said {
  title: string;
  text: string;
}

/** Remembers what ran, and says what has ended since. What was stopped by hand ended before one's eyes. */
export class Outside {
  #running = new Set<string>();

  pulls(all: readonly PullState[]): Said[] {
    return all.flatMap((pull) => {
      if (!this.#ended(`pull ${pull.name}`, isRunning(pull))) return [];
      if (pull.state === 'done') return [{ title: t('outside.pull.done', { name: pull.name }), text: '' }];
      if (pull.state !== 'failed') return [];
      return [{ title: t('outside.pull.failed', { name: pull.name }), text: pull.failure ? failureText(pull.failure) : '' }];
    });
  }

  install(one: InstallState | null): Said[] {
    if (!this.#ended('install', isInstalling(one)) || !one) return [];
    if (isInPlace(one) || one.phase === 'opened') return [{ title: t('outside.install.done'), text: phaseText(one) }];
    if (one.phase === 'not-started') return [{ title: phaseText(one), text: one.failure ? failureText(one.failure) : '' }];
    if (one.phase !== 'failed') return [];
    return [{ title: t('outside.install.failed'), text: one.failure ? failureText(one.failure) : '' }];
  }

  proof(one: ProofState | null): Said[] {
    const runs = one?.phase === 'asking' || one?.phase === 'reading';
    if (!this.#ended('proof', runs) || one?.phase !== 'ended') return [];
    if (one.result) return [{ title: proofTitle(one.result), text: proofWay(one.result) }];
    return one.failure ? [{ title: failureText(one.failure), text: '' }] : [];
  }

  /** Whether what ran before does no more. */
  #ended(what: string, runs: boolean): boolean {
    if (runs) {
      this.#running.add(what);
      return false;
    }
    return this.#running.delete(what);
  }
}
