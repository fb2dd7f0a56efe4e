// What the window derives from models: groups, names, limits. No state, no words.

import type { Model } from './backend/types/Model';
import type { PullState } from './backend/types/PullState';
import type { Verdict } from './backend/types/Verdict';

/** Tokens that OpenClaw's own instructions need: under it, a conversation cannot work well. */
export const CONTEXT_FLOOR = 16_000;

/** The groups of the Models screen, in order. */
export const verdicts: readonly Verdict[] = ['ready', 'chat-only', 'cloud', 'unknown', 'embedding'];

/** The models of each group, in the server's order; groups without one are left out. */
export function groups(models: readonly Model[]): { verdict: Verdict; models: Model[] }[] {
  return verdicts
    .map((verdict) => ({ verdict, models: models.filter((model) => model.verdict === verdict) }))
    .filter((group) => group.models.length > 0);
}

/** Whether two names mean one model: compared without case, `:latest` is what a missing tag means. */
export function sameModel(one: string, other: string): boolean {
  return full(one) === full(other);
}

function full(name: string): string {
  const [, tag] = splitName(name);
  return (tag === '' ? `${name}:latest` : name).toLowerCase();
}

/** A model's name and its tag with the colon (`['qwen3', ':8b']`); a registry's port is no tag. */
export function splitName(name: string): [string, string] {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon)] : [name, ''];
}

/** The id of an Ollama model as OpenClaw's settings write it (`ollama/qwen3:8b`); `null` for another provider's. */
export function ollamaId(written: string): string | null {
  const prefix = 'ollama/';
  return written.startsWith(prefix) ? written.slice(prefix.length) : null;
}

/** A model as people know it: without Ollama's own prefix, another provider's as it is written. */
export function plainName(written: string): string {
  return ollamaId(written) ?? written;
}

/** The conversation is shorter than what OpenClaw needs, or may be. */
export function contextIsSmall(model: Model): boolean {
  return model.contextWindow < CONTEXT_FLOOR;
}

/** The download has not ended. */
export function isRunning(pull: PullState): boolean {
  return pull.state !== 'done' && pull.state !== 'failed' && pull.state !== 'cancelled';
}

/** The address belongs to this computer. */
export function isHere(url: string): boolean {
  try {
    return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
  } catch {
    return false;
  }
}
