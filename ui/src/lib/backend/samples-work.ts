// Sample situations of long work: installations, OpenClaw's start, and the question put through it.

import { diagnosis, failureOf, installOf, type World } from './fake';
import { findings, mixed, modelsState, proof, settingsState, worlds } from './samples';
import type { ProofOutcome } from './types/ProofOutcome';

const since = Date.UTC(2026, 2, 14, 9, 39, 12);
const { settings, openclaw } = worlds.running;

/** A world where OpenClaw runs and was asked. */
function asked(outcome: ProofOutcome, evidence: string[]): World {
  const result = { ...proof, outcome, seconds: 9.6, evidence };
  return { ...worlds.running, proof: { model: 'qwen3:8b', phase: 'ended', since, result, failure: null } };
}

/** Situations by name. */
export const workWorlds = {
  installing: { ...worlds.bare, install: installOf('downloading', 0.42, 1_900_000_000) },
  unpacking: { ...worlds.bare, install: installOf('unpacking', 0.7, 4_200_000_000) },
  installingOpenclaw: {
    path: diagnosis([findings.noOpenclaw]), settings, models: modelsState(mixed),
    openclaw: { ...openclaw, program: null, version: null, gateway: 'none' },
    install: {
      ...installOf('downloading', 0, 0, 'openclaw'), packages: 312, elapsedSeconds: 74,
      said: ['npm http fetch GET 200 openclaw 812ms', 'npm http fetch GET 200 sharp 240ms'],
    },
  },
  installed: { ...worlds.empty, install: installOf('done') },
  installFailed: {
    ...worlds.bare,
    install: { ...installOf('failed', 0.4, 1_900_000_000), failure: failureOf({ code: 'pull.offline', params: {} }, 'dns error: no such host') },
  },
  gatewayStarting: { ...worlds.gatewayStopped, gatewayStart: { phase: 'asking', since, failure: null } },
  proving: {
    ...worlds.running, settings: settingsState(),
    proof: { model: 'qwen3:8b', phase: 'asking', since, result: null, failure: null },
  },
  unproven: asked({ code: 'not-enough-memory', params: { needBytes: 11_200_000_000, haveBytes: 7_900_000_000 } }, [
    'model requires more system memory (10.4 GiB) than is available (7.4 GiB)',
  ]),
} satisfies Record<string, World>;
