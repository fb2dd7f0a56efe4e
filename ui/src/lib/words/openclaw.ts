// What a question through OpenClaw showed, in words.

import type { Proof } from '../backend/types/Proof';
import type { UnseenModel } from '../backend/types/UnseenModel';
import { bytes, stopwatch } from './format';
import { t, type Params } from './words.svelte';

function said({ model, outcome, seconds }: Proof): Params {
  const params: Params = { model, time: stopwatch(seconds), ...outcome.params };
  if (outcome.code !== 'not-enough-memory') return params;
  const { needBytes, haveBytes } = outcome.params;
  return { ...params, need: needBytes === null ? null : bytes(needBytes), have: haveBytes === null ? null : bytes(haveBytes) };
}

/** What came back, as a title. */
export function proofTitle(proof: Proof): string {
  return t(`proof.${proof.outcome.code}.title`, said(proof));
}

/** What that means and what can be done; of an answer its first words. */
export function proofWay(proof: Proof): string {
  return t(`proof.${proof.outcome.code}.way`, said(proof));
}

/** Why OpenClaw does not see a model. */
export function unseenText({ name, why }: UnseenModel): string {
  return t(`sees.unseen.${why}`, { name });
}
