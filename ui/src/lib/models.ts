// What the window derives from models: groups, names, limits. No state, no words.

import type { Assessed } from './backend/types/Assessed';
import type { CheckState } from './backend/types/CheckState';
import type { Checked } from './backend/types/Checked';
import type { Group } from './backend/types/Group';
import type { Model } from './backend/types/Model';
import type { PullState } from './backend/types/PullState';
import type { SettingsState } from './backend/types/SettingsState';
import type { Verdict } from './backend/types/Verdict';

/** Tokens that OpenClaw's own instructions need: under it, a conversation cannot work well. */
export const CONTEXT_FLOOR = 16_000;

/** What OpenClaw can do with a model, the most first. */
export const verdicts: readonly Verdict[] = ['ready', 'chat-only', 'cloud', 'unknown', 'embedding'];

/** The models of each verdict, in the server's order; verdicts without one are left out. */
export function groups(models: readonly Model[]): { verdict: Verdict; models: Model[] }[] {
  return verdicts
    .map((verdict) => ({ verdict, models: models.filter((model) => model.verdict === verdict) }))
    .filter((group) => group.models.length > 0);
}

/** The groups of the Models screen, in order. */
const groupOrder: readonly Group[] = [
  'recommended', 'often-fails', 'chat-only', 'too-big', 'online', 'unknown', 'embedding',
];

/** What OpenClaw's settings have a model for; `place` counts the next choices from 1. */
export type Role = { kind: 'primary' } | { kind: 'fallback'; place: number } | { kind: 'listed' };

/** Tells what the settings have a model for. */
export function rolesOf(settings: SettingsState | null): (id: string) => Role | null {
  const roles = new Map<string, Role>();
  const add = (id: string | null, role: Role) => {
    if (id !== null && !roles.has(full(id))) roles.set(full(id), role);
  };
  add(ollamaId(settings?.primary ?? ''), { kind: 'primary' });
  settings?.fallbacks.forEach((written, at) => add(ollamaId(written), { kind: 'fallback', place: at + 1 }));
  settings?.listed.forEach((id) => add(id, { kind: 'listed' }));
  return (id) => roles.get(full(id)) ?? null;
}

/**
 * The models of each group of the Models screen: OpenClaw's own and its next choices, then the others in the
 * server's order. Groups without one are left out.
 */
export function byGroup(
  models: readonly Assessed[],
  roleOf: (id: string) => Role | null,
): { group: Group; models: Assessed[] }[] {
  const rank = (model: Assessed) => {
    const role = roleOf(model.id);
    if (role === null || role.kind === 'listed') return Number.POSITIVE_INFINITY;
    return role.kind === 'primary' ? 0 : role.place;
  };
  const ranked = models.map((model) => ({ model, rank: rank(model) }));
  return groupOrder
    .map((group) => ({
      group,
      models: ranked
        .filter(({ model }) => model.group === group)
        .sort((one, other) => (one.rank === other.rank ? 0 : one.rank - other.rank))
        .map(({ model }) => model),
    }))
    .filter((group) => group.models.length > 0);
}

/** How a model can be chosen: plainly, or behind a word about what it cannot do; `null`: not for talking. */
export function wayToUse(model: Assessed): 'plain' | 'to-chat' | 'too-big' | 'unknown' | null {
  if (model.verdict === 'embedding') return null;
  if (model.verdict === 'chat-only') return 'to-chat';
  if (model.group === 'too-big') return 'too-big';
  return model.verdict === 'unknown' ? 'unknown' : 'plain';
}

/** Whether a live check of it can show anything. */
export function canBeTried(model: Assessed): boolean {
  return model.verdict !== 'embedding' && model.verdict !== 'chat-only';
}

/** How long a live check may take in all, in seconds (the library's `ask::LIMIT`). */
export const CHECK_LIMIT = 600;

/** The live check is under way, or queued. */
export function isTrying(check: CheckState | undefined): boolean {
  return check?.phase === 'queued' || check?.phase === 'loading' || check?.phase === 'answering';
}

/** What the newest ended check showed: of this session, or remembered; `null`: not tried yet. */
export function latestCheck(model: Assessed, check: CheckState | undefined): Checked | null {
  const now = check?.result ?? null;
  if (now === null || model.checked === null) return now ?? model.checked;
  return model.checked.at > now.at ? model.checked : now;
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
