// What the window derives from an installation of Ollama. No words.

import type { InstallState } from './backend/types/InstallState';

/** It goes on by itself. */
export function isInstalling(install: InstallState | null): install is InstallState {
  if (!install) return false;
  const { phase } = install;
  return phase !== 'done' && phase !== 'opened' && phase !== 'cancelled' && phase !== 'failed';
}

/** It can still be stopped: once it is in its place, it is there. */
export function isStoppable(install: InstallState): boolean {
  return isInstalling(install) && install.phase !== 'starting';
}
