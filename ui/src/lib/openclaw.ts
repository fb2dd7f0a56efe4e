// What the window derives from OpenClaw's gateway: its start, and the question through it. No words.

import type { ProofState } from './backend/types/ProofState';
import type { StartState } from './backend/types/StartState';

/** How long a question through OpenClaw may take in all, in minutes (the library's `proof::Limits`). */
export const PROOF_MINUTES = 10;

/** The gateway is being started. */
export function isStarting(start: StartState | null): start is StartState {
  return start !== null && (start.phase === 'asking' || start.phase === 'starting' || start.phase === 'starting-service');
}

/** The question is under way. */
export function isProving(proof: ProofState | null): proof is ProofState {
  return proof !== null && (proof.phase === 'asking' || proof.phase === 'reading');
}
