// States as the fake backend and the tests make them up. Nothing of it is in the product.

import { stations } from '../path';
import type { Diagnosis } from './types/Diagnosis';
import type { Failure } from './types/Failure';
import type { Finding } from './types/Finding';
import type { InstallPhase } from './types/InstallPhase';
import type { InstallProgram } from './types/InstallProgram';
import type { InstallState } from './types/InstallState';
import type { PullState } from './types/PullState';

/** A failure without its technical part. */
export function failureOf(code: DistributiveOmit<Failure, 'detail'>, detail = ''): Failure {
  return { ...code, detail };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A download that has just come to a phase. */
export function pullOf(name: string, state: PullState['state'], share = 0, totalBytes = 0): PullState {
  return {
    name,
    state,
    completedBytes: Math.round(totalBytes * share),
    totalBytes,
    lostBytes: 0,
    fraction: share,
    bytesPerSecond: state === 'downloading' ? 11_800_000 : null,
    secondsLeft: state === 'downloading' ? Math.round((totalBytes * (1 - share)) / 11_800_000) : null,
    failure: null,
    forOpenclaw: true,
    listedBy: null,
    notListed: null,
  };
}

/** An installation that has just come to a phase, with so much of that step done. */
export function installOf(phase: InstallPhase, share = 0, totalBytes = 0, program: InstallProgram = 'ollama'): InstallState {
  const { completedBytes, fraction, bytesPerSecond, secondsLeft } = pullOf('', phase === 'downloading' ? phase : 'starting', share, totalBytes);
  return {
    program, phase, completedBytes, totalBytes, fraction, bytesPerSecond, secondsLeft,
    packages: null, elapsedSeconds: null, said: [], installed: null, failure: null,
  };
}

/** The same diagnosis without the findings of one station. */
export function healed(path: Diagnosis, link: Finding['link']): Diagnosis {
  const findings = path.findings.filter((finding) => finding.link !== link);
  return diagnosis(findings, path.address);
}

/** A diagnosis with these findings, its path judged as Rust does. */
export function diagnosis(
  findings: Finding[],
  address: Diagnosis['address'] = { url: 'http://127.0.0.1:11434', source: 'default' },
): Diagnosis {
  const first = findings.find((finding) => finding.severity === 'problem')?.link;
  const broken = first ? stations.indexOf(first) : stations.length;
  return {
    ok: first === undefined,
    address,
    path: stations.map((link, at) => ({ link, state: at < broken ? 'ok' : at === broken ? 'broken' : 'waiting' })),
    findings,
    checking: [],
  };
}
