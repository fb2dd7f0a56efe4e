// What the window derives from an installation of Ollama or OpenClaw. No words.

import type { Failure } from './backend/types/Failure';
import type { InstallPhase } from './backend/types/InstallPhase';
import type { InstallState } from './backend/types/InstallState';
import type { Offer } from './backend/types/Offer';

const over: readonly InstallPhase[] = ['done', 'restart-pending', 'waking', 'not-started', 'opened', 'cancelled', 'failed'];

/** It goes on by itself. */
export function isInstalling(install: InstallState | null): install is InstallState {
  return install !== null && !over.includes(install.phase);
}

/** It is in its place, however its start went. */
export function isInPlace({ phase }: Pick<InstallState, 'phase'>): boolean {
  return phase === 'done' || phase === 'restart-pending' || phase === 'waking';
}

/** It can still be stopped: once it is in its place, it is there. */
export function isStoppable(install: InstallState): boolean {
  return isInstalling(install) && install.phase !== 'starting';
}

/** The official page that leads on from a failure; `null` where trying again is all. */
export function pageFor(program: InstallState['program'], failure: Failure): Offer | null {
  const page = (id: 'get-ollama' | 'get-openclaw' | 'get-node' | 'get-git'): Offer => ({ id, params: {}, kind: 'link' });
  switch (failure.code) {
    case 'install.no-node':
    case 'install.node-too-old':
    case 'install.node-silent':
    case 'install.no-npm':
      return page('get-node');
    case 'install.no-git':
      return page('get-git');
    case 'install.npm-failed':
    case 'install.does-not-run':
    case 'install.left':
      return page('get-openclaw');
    // The same address fails again.
    case 'install.unsupported':
    case 'install.does-not-fit':
    case 'install.unsafe-archive':
    case 'install.unavailable':
      return page('get-ollama');
    case 'install.permission':
      return page(program === 'ollama' ? 'get-ollama' : 'get-openclaw');
    default:
      return null;
  }
}
