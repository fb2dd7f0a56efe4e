// The way from what there is to the proof, as steps: which are left, and which one is next. No words, no state.

import type { Diagnosis } from './backend/types/Diagnosis';
import type { Finding } from './backend/types/Finding';
import type { InstallOffer } from './backend/types/InstallOffer';
import type { ModelsState } from './backend/types/ModelsState';
import type { Offer } from './backend/types/Offer';
import type { OpenclawOffer } from './backend/types/OpenclawOffer';
import type { OpenclawState } from './backend/types/OpenclawState';
import type { PullState } from './backend/types/PullState';
import type { SettingsState } from './backend/types/SettingsState';
import { ollamaId, sameModel } from './models';
import { stations } from './path';

/** A step, in the order of the way. */
export type StepId =
  | 'install-ollama' | 'start-ollama' | 'download-model' | 'install-openclaw' | 'settings' | 'start-gateway' | 'proof';

/** A step, as it is told before it is made. */
export interface Step {
  id: StepId;
  /** What it downloads, in bytes; `null` when that is not known (yet), 0 when it downloads nothing. */
  bytes: number | null;
  /** The model that it is about. */
  model: string | null;
}

/** What the way is derived from. */
export interface Seen {
  path: Diagnosis | null;
  models: ModelsState | null;
  settings: SettingsState | null;
  openclaw: OpenclawState | null;
  pulls: readonly PullState[];
  /** Everything is in its place. */
  well: boolean;
}

/** What installing would download, as far as it was asked. */
export interface Offers {
  ollama: InstallOffer | null;
  openclaw: OpenclawOffer | null;
}

/** What is carried out next. */
export interface Next {
  id: StepId;
  /** What carries it out; the gateway and the proof need none. */
  offer: Offer | null;
}

/** Causes that are nothing broken: something was not done yet. With the remedy that does it. */
const toDo: Partial<Record<Finding['code'], { id: StepId; remedy: Offer['id'] }>> = {
  'engine.not-installed': { id: 'install-ollama', remedy: 'install-ollama' },
  'engine.not-running': { id: 'start-ollama', remedy: 'start-ollama' },
  'models.none-installed': { id: 'download-model', remedy: 'download-model' },
  'models.none-with-tools': { id: 'download-model', remedy: 'download-model' },
  'openclaw.not-installed': { id: 'install-openclaw', remedy: 'install-openclaw' },
  'settings.ollama-off': { id: 'settings', remedy: 'use-model' },
  'settings.no-primary': { id: 'settings', remedy: 'use-model' },
};

/** Seconds that a step takes beside its download, on a usual computer. */
const SECONDS: Record<StepId, number> = {
  'install-ollama': 30, 'start-ollama': 5, 'download-model': 10, 'install-openclaw': 120, settings: 5, 'start-gateway': 20,
  proof: 60,
};

/** Bytes a second of a line of 100 Mbit/s. */
export const USUAL_SPEED = 12_000_000;

/** What is in the way, in the order of the path. */
export function problems(seen: Pick<Seen, 'path'>): Finding[] {
  const all = seen.path?.findings.filter((finding) => finding.severity === 'problem') ?? [];
  return all.sort((one, other) => stations.indexOf(one.link) - stations.indexOf(other.link));
}

/** Ollama was started a moment ago and does not answer yet. */
export function isWaking(seen: Pick<Seen, 'path'>): boolean {
  return seen.path?.findings.some(({ code }) => code === 'engine.starting') ?? false;
}

/** What is to be mended first. An Ollama that is busy is no problem by itself, but hides what comes after it. */
export function hindranceOf(seen: Pick<Seen, 'path'>): Finding | undefined {
  return problems(seen)[0] ?? seen.path?.findings.find(({ code }) => code === 'engine.busy');
}

function offerOf(finding: Finding): Next | null {
  // Where a container engine does not answer, OpenClaw may run in it: a second one is nobody's wish.
  if (finding.code === 'openclaw.not-installed' && finding.params.unasked !== null) return null;
  const step = toDo[finding.code];
  const offer = step && finding.remedies.find(({ id, kind }) => id === step.remedy && kind === 'action');
  return step && offer ? { id: step.id, offer } : null;
}

/** Something is in the way that this step does away with. */
export function needs(seen: Pick<Seen, 'path'>, id: StepId): boolean {
  return problems(seen).some((finding) => offerOf(finding)?.id === id);
}

/** What is next; `done` when nothing is left; `null` when something is in the way that is to be mended first. */
export function nextOf(seen: Seen): Next | 'done' | null {
  const first = problems(seen)[0];
  if (first) return offerOf(first);
  if (!seen.well || !seen.openclaw?.program) return null;
  if (seen.openclaw.gateway !== 'answers') return { id: 'start-gateway', offer: null };
  return seen.openclaw.proof === null ? { id: 'proof', offer: null } : 'done';
}

/** OpenClaw was not set up for any model yet, and nothing but that is in the way. */
export function isFirstRun(seen: Seen): boolean {
  const next = nextOf(seen);
  return seen.settings !== null && seen.settings.primary === null && seen.settings.problem === null && next !== null && next !== 'done';
}

/** All steps that are left, with what they download. */
export function planOf(seen: Seen, offers: Offers): Step[] {
  const steps: Step[] = [];
  const add = (id: StepId, bytes: number | null = 0, model: string | null = null) => {
    if (!steps.some((step) => step.id === id)) steps.push({ id, bytes, model });
  };
  const size = (name: string | null) => {
    const all = seen.models?.catalogue.find((one) => name !== null && sameModel(one.name, name))?.downloadBytes ?? null;
    // Of one that was stopped, the rest.
    const here = seen.pulls.find((one) => name !== null && one.state !== 'done' && sameModel(one.name, name))?.completedBytes ?? 0;
    return all === null ? null : Math.max(0, all - here);
  };
  for (const next of problems(seen).map(offerOf)) {
    if (!next) continue;
    const name = next.offer?.id === 'download-model' || next.offer?.id === 'use-model' ? next.offer.params.name : null;
    if (next.id === 'install-ollama') {
      add(next.id, offers.ollama?.downloadBytes ?? null);
      // A new Ollama has none.
      const best = seen.models?.catalogue.find((one) => one.verdict === 'ready' && !one.weak && one.fit !== 'too-big');
      if (best) add('download-model', best.downloadBytes, best.name);
    } else if (next.id === 'download-model') {
      add(next.id, size(name), name);
    } else if (next.id === 'install-openclaw') {
      add(next.id, offers.openclaw?.downloadBytes ?? null);
    } else {
      add(next.id, 0, name);
    }
  }
  const downloaded = steps.find(({ id }) => id === 'download-model')?.model ?? null;
  if (seen.settings?.primary === null) add('settings', 0, downloaded);
  if (seen.openclaw?.gateway !== 'answers') add('start-gateway');
  add('proof');
  const told = steps.find(({ id }) => id === 'settings');
  if (told && downloaded !== null) told.model = downloaded;
  return steps;
}

/** Bytes to download as far as they are known, and whether that is all. */
export function bytesOf(steps: readonly Step[]): { known: number; all: boolean } {
  return {
    known: steps.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    all: steps.every(({ bytes }) => bytes !== null),
  };
}

/** Seconds in all, about, at a speed in bytes a second; downloads of unknown size aside. */
export function secondsOf(steps: readonly Step[], speed: number): number {
  return steps.reduce((sum, { id, bytes }) => sum + SECONDS[id] + (bytes ?? 0) / speed, 0);
}

/** The model that OpenClaw is asked with, as Ollama lists it. */
export function chosenModel(seen: Seen): string | null {
  const written = seen.settings?.own?.model ?? seen.settings?.primary ?? null;
  const id = written === null ? null : ollamaId(written);
  return id === null ? null : (seen.models?.models.find((one) => sameModel(one.id, id))?.id ?? null);
}
