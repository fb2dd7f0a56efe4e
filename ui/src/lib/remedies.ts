// What the window derives from remedies under way and from how they ended. No words.

import type { Finding } from './backend/types/Finding';
import type { Offer } from './backend/types/Offer';
import type { Remedy } from './backend/types/Remedy';
import type { RemedyState } from './backend/types/RemedyState';

/** The remedy that is offered. */
export function remedyOf({ id, params }: Offer): Remedy {
  return { id, params } as Remedy;
}

/** The same one, with the same parameters. */
export function sameRemedy(one: Pick<Remedy, 'id' | 'params'>, other: Pick<Remedy, 'id' | 'params'>): boolean {
  const entries = (params: object) => JSON.stringify(Object.entries(params).sort());
  return one.id === other.id && entries(one.params) === entries(other.params);
}

/** It goes on by itself. */
export function isUnderWay({ phase }: RemedyState): boolean {
  return phase !== 'done' && phase !== 'no-help' && phase !== 'failed' && phase !== 'cancelled' && phase !== 'unanswered';
}

/** How an offer goes, or how it ended last. */
export function stateOf(offer: Offer, states: readonly RemedyState[]): RemedyState | null {
  return states.find(({ remedy }) => sameRemedy(remedy, offer)) ?? null;
}

/** An offer that was tried in vain. */
export interface Tried {
  offer: Offer;
  state: RemedyState;
}

/** The offers in the order in which they are to be made: what was tried in vain leads no more. */
export function inOrder(offers: readonly Offer[], states: readonly RemedyState[]): { fresh: Offer[]; tried: Tried[] } {
  const fresh: Offer[] = [];
  const tried: Tried[] = [];
  for (const offer of offers) {
    const state = stateOf(offer, states);
    if (state && (state.phase === 'failed' || state.phase === 'no-help')) tried.push({ offer, state });
    else fresh.push(offer);
  }
  return { fresh, tried };
}

/** Nothing is left to offer. A password box that was closed says nothing about the remedy. */
export function isSpent({ remedies }: Finding, states: readonly RemedyState[]): boolean {
  const { fresh, tried } = inOrder(remedies, states);
  return fresh.length === 0 && tried.some(({ state }) => state.failure?.code !== 'start.dismissed');
}

/** Findings with those last, of the same severity, for which everything was tried in vain: the next cause leads. */
export function leading<T extends { finding: Finding }>(findings: readonly T[], states: readonly RemedyState[]): T[] {
  const severities = ['problem', 'warning', 'note'];
  const place = (one: T) => severities.indexOf(one.finding.severity) * 2 + Number(isSpent(one.finding, states));
  return [...findings].sort((one, other) => place(one) - place(other));
}
