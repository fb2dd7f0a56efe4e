// An installation in words: the same card tells of either program.

import type { InstallPhase } from '../backend/types/InstallPhase';
import type { InstallProgram } from '../backend/types/InstallProgram';
import type { InstallState } from '../backend/types/InstallState';
import { duration, percent } from './format';
import { t } from './words.svelte';

type Says = 'title' | 'progress' | 'cancel.name' | 'dismiss.name' | 'again.name';
type Reached = Exclude<
  InstallPhase,
  'waiting' | 'unpacking' | 'starting' | 'opened' | 'restart-pending' | 'waking' | 'not-started'
>;
const reached: readonly string[] = ['asking', 'downloading', 'checking', 'done', 'cancelled', 'failed'] satisfies Reached[];

/** What the card and its buttons are called. */
export function installText(program: InstallProgram, says: Says): string {
  return program === 'openclaw' ? t(`install.openclaw.${says}`) : t(`install.${says}`);
}

/** Where it stands. */
export function phaseText({ program, phase, installed }: Pick<InstallState, 'program' | 'phase' | 'installed'>): string {
  // npm has fewer steps to tell apart.
  if (program === 'openclaw' && reached.includes(phase)) return t(`install.openclaw.phase.${phase as Reached}`);
  const other = installed?.running;
  if (phase === 'restart-pending' && other) {
    const params = { version: installed.version, running: other.version, url: other.url };
    return t(other.restarts ? 'install.phase.restart-pending' : 'install.phase.restart-pending.theirs', params);
  }
  return t(`install.phase.${phase}`);
}

/** What a screen reader hears: each step; of a long one every tenth, or every minute where nobody knows how much is left. */
export function toldText(install: InstallState): string {
  if (install.phase === 'downloading' && install.program === 'openclaw') {
    const minutes = Math.floor((install.elapsedSeconds ?? 0) / 60);
    return minutes > 0 ? t('install.openclaw.say.minutes', { time: duration(minutes * 60) }) : phaseText(install);
  }
  const tenth = install.phase === 'downloading' ? Math.floor(install.fraction * 10) : 0;
  return tenth > 0 ? t('install.say.percent', { percent: percent(tenth / 10) }) : phaseText(install);
}
