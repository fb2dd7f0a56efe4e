// What a change changes, in one sentence: shown before it (`will`), told after it (`did`).
// A sentence begins with a name, so that it can stand alone or go on after a comma. The commands say the same.

import type { Effect } from '../backend/types/Effect';
import type { ReceiptKind } from '../backend/types/ReceiptKind';
import { integer } from './format';
import { clauses, list, t, type Params } from './words.svelte';

/** Before or after. */
export type Tense = 'will' | 'did';

/** All effects as one sentence without its full stop; `null` when there are none. */
export function sentence(effects: readonly Effect[], tense: Tense): string | null {
  const parts = effects.map((effect) => part(effect, tense));
  const last = parts.pop();
  if (last === undefined) return null;
  return parts.length === 0 ? last : t('effect.and', { first: clauses(parts), last });
}

function part(effect: Effect, tense: Tense): string {
  switch (effect.code) {
    case 'connect':
    case 'mode': return t(`effect.${tense}.${effect.code}.${effect.params.mode}`);
    case 'fallbacks':
      return t(`effect.${tense}.fallbacks.${form(effect.params.names)}`, { names: list(effect.params.names, 'conjunction') });
    case 'context': {
      const { names, tokens } = effect.params;
      return t(`effect.${tense}.context.${form(names)}`, { ...some(names), tokens: tokens === null ? null : integer(tokens) });
    }
    case 'list-added':
    case 'list-removed':
    case 'kept-loaded':
    case 'numbers': return t(`effect.${tense}.${effect.code}.${form(effect.params.names)}`, some(effect.params.names));
    default: return t(`effect.${tense}.${effect.code}`, effect.params);
  }
}

/** One is named and several are counted, also where the language counts one as it counts several. */
function form(names: readonly string[]): 'one' | 'other' {
  return names.length === 1 ? 'one' : 'other';
}

function some(names: readonly string[]): Params {
  return { name: names[0], count: integer(names.length) };
}

/** What a change did. */
export function receiptText(kind: ReceiptKind): string {
  const told = kind.kind === 'settings' ? sentence(kind.params.effects, 'did') : null;
  return told ?? t(`receipt.${kind.kind}`, kind.params);
}
