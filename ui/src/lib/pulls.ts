// What the window derives from downloads: what can be done with one, and what a failure says of a way out. No words.

import type { Failure } from './backend/types/Failure';
import type { PullState } from './backend/types/PullState';

/** It can be stopped to go on later: while the last checks run there is nothing left to stop for. */
export function isPausable(pull: PullState): boolean {
  return pull.state === 'starting' || pull.state === 'downloading' || pull.state === 'stalled' || pull.state === 'waiting';
}

/** Whether it may still be said that OpenClaw shall get it. */
export function isUndecided(pull: PullState): boolean {
  return pull.state !== 'done' && pull.state !== 'cancelled' && pull.state !== 'failed';
}

/** So much of what was here is gone that the bar needs a word: a part that failed is fetched again all the time. */
export function lostMuch(pull: PullState): boolean {
  return pull.lostBytes > pull.totalBytes / 20;
}

/** Nobody answers at all where Ollama was: it is not running, or cannot be reached. */
export function isWithoutAnswer(failure: Failure): boolean {
  return ['ollama.refused', 'ollama.unreachable', 'ollama.silent', 'ollama.cut-off', 'ollama.name-unknown'].includes(failure.code);
}

/** Pincer's own look at the disk stopped it, which may be another disk than the server's. */
export function isForeseen(failure: Failure): boolean {
  return failure.code === 'pull.disk-full' && typeof (failure.params as { roomBytes?: number | null }).roomBytes === 'number';
}

/** The same name fails again, whenever it is asked for. */
export function isHopeless(failure: Failure): boolean {
  return failure.code === 'pull.unknown-model' || failure.code === 'pull.bad-name' || failure.code === 'model.bad-name';
}

/** Names on offer that look most like the one that is unknown, best first. */
export function nearestOf(failure: Failure): readonly string[] {
  if (failure.code !== 'pull.unknown-model') return [];
  const { nearest } = failure.params as { nearest?: readonly string[] };
  return nearest ?? [];
}

/** How Ollama is told to keep its models elsewhere. */
export type Moving = 'linux-service' | 'linux' | 'mac-os' | 'windows';

/** The way to move the models off a full disk; `null` where it is not known, or not this failure's. */
export function movingOf(failure: Failure): Moving | null {
  if (failure.code !== 'pull.disk-full') return null;
  return (failure.params as { moving?: Moving | null }).moving ?? null;
}

/** Why a model that is here could not be put on OpenClaw's list; `null` when it was, or had not to be. */
export function notListedOf(pull: PullState): Failure | null {
  return (pull as { notListed?: Failure | null }).notListed ?? null;
}
