// What is known of a model, in words. Never surer than it is: each way of knowing has its own sentence.

import type { Checked } from '../backend/types/Checked';
import type { Fit } from '../backend/types/Fit';
import type { InMemory } from '../backend/types/InMemory';
import type { Memory } from '../backend/types/Memory';
import type { Role } from '../models';
import { bytes, integer, percent, rate, stopwatch, timeOfDay } from './format';
import { plural, sentences, t } from './words.svelte';

/** From here on, a moment is so far away that nobody lives to see it (Ollama's "never" is such a one). */
const NEVER = 365 * 24 * 3600 * 1000;

/** Whether it fits, in a few words; `null` for one that runs online, which needs no memory here. */
export function fitText({ verdict, basis }: Fit, remote: boolean): string | null {
  if (basis === 'online') return null;
  if (verdict === 'unknown' || basis === 'remote' || basis === 'no-memory') {
    if (basis === 'remote' || basis === 'no-memory') return t(`fit.unknown.${basis}`);
    return t('fit.unknown');
  }
  return basis === 'measured' && remote ? t(`fit.${verdict}.measured.remote`) : t(`fit.${verdict}.${basis}`);
}

/** The numbers behind the fit, and how they are known: a sentence each. */
export function fitNumbers(fit: Fit, memory: Memory | null): string[] {
  const said: string[] = [];
  const { needBytes, memoryBytes, graphicsBytes, basis } = fit;
  const seen = basis === 'measured';
  if (needBytes !== null) said.push(t('fit.need', { tokens: integer(fit.context), size: bytes(needBytes) }));
  if (memoryBytes !== null) {
    const size = bytes(memoryBytes);
    if (memory?.unified) said.push(t('fit.have.shared', { size }));
    else if (graphicsBytes) said.push(t('fit.have', { size, graphics: bytes(graphicsBytes) }));
    // A card that Ollama uses is there, whether or not Pincer sees it.
    else said.push(t(seen && (fit.runsOn === 'graphics' || fit.runsOn === 'both') ? 'fit.have.plain' : 'fit.have.main', { size }));
  }
  // That no card was seen does not prove that there is none: not every system tells.
  const unseen = fit.runsOn === 'processor' && basis !== 'measured' && graphicsBytes === 0;
  if (unseen) said.push(t('fit.would-run.no-card'));
  else if (fit.runsOn !== null) said.push(t(`fit.${seen ? 'runs' : 'would-run'}.${fit.runsOn}`));
  if (basis === 'measured' || basis === 'estimated' || basis === 'guessed') {
    if (said.length > 0) said.push(t(`fit.basis.${basis}`));
  }
  return said;
}

/** Where a model is in memory. */
export function loadedText({ onGraphicsCard: share }: InMemory): string {
  if (share >= 0.995) return t('model.loaded.graphics');
  return share < 0.005 ? t('model.loaded.processor') : t('model.loaded.both', { percent: percent(share) });
}

/** Until when it stays there; `null` when that is not known, or over. */
export function untilText({ until }: InMemory, now: number): string | null {
  if (until === null || until <= now) return null;
  if (until - now > NEVER) return t('model.until.unloaded');
  return t('model.until', { time: timeOfDay(until, now) });
}

/** What a live check showed, as a title. */
export function checkTitle({ outcome }: Checked): string {
  return t(`check.${outcome.code}.title`);
}

/** What that means and what can be done; `null` where the failure says so itself. */
export function checkWay({ outcome, seconds }: Checked): string | null {
  switch (outcome.code) {
    case 'failed': return null;
    case 'not-enough-memory': {
      const { needBytes, haveBytes } = outcome.params;
      return t('check.not-enough-memory.way', {
        need: needBytes === null ? null : bytes(needBytes),
        have: haveBytes === null ? null : bytes(haveBytes),
      });
    }
    case 'no-call': {
      const { called } = outcome.params;
      const way = t('check.no-call.way');
      return called === undefined ? way : sentences(t('check.no-call.called', { name: called }), way);
    }
    case 'too-slow': return t('check.too-slow.way', { time: stopwatch(seconds) });
    default: return t(`check.${outcome.code}.way`);
  }
}

/** What a live check measured, a few words each. */
export function checkNumbers(checked: Checked): string[] {
  const { firstTokenSeconds, seconds, tokensPerSecond, contextRunning, onGraphicsCard } = checked;
  const said: string[] = [];
  if (firstTokenSeconds !== null) said.push(t('check.first', { time: stopwatch(firstTokenSeconds) }));
  if (seconds > 0) said.push(t('check.total', { time: stopwatch(seconds) }));
  if (tokensPerSecond !== null) said.push(plural('check.rate', tokensPerSecond, { rate: rate(tokensPerSecond) }));
  if (contextRunning !== null) said.push(t('check.context', { tokens: integer(contextRunning) }));
  if (onGraphicsCard !== null) {
    said.push(onGraphicsCard > 0 ? t('check.graphics', { percent: percent(onGraphicsCard) }) : t('check.processor'));
  }
  return said;
}

/** What OpenClaw has a model for; `null` where nothing has to be said. */
export function roleText(role: Role | null): string | null {
  if (role === null || role.kind === 'listed') return null;
  if (role.kind === 'primary') return t('model.primary');
  return role.place === 1 ? t('model.fallback') : t('model.choice', { place: integer(role.place + 1) });
}
