// What the settings screen derives from what is set and what is installed. No state, no words.

import type { ListedModel } from '../backend/types/ListedModel';
import type { Model } from '../backend/types/Model';
import type { ModelsState } from '../backend/types/ModelsState';
import type { SettingsState } from '../backend/types/SettingsState';
import { groups, ollamaId, sameModel } from '../models';

/** Where Ollama answers when nobody said otherwise. */
export const USUAL_ADDRESS = 'http://127.0.0.1:11434';

/** The least `contextWindow` that OpenClaw accepts (measured: 2026.9.6 refuses a smaller one). */
export const LEAST_WINDOW = 4000;

/** One model of the list to tick. */
export interface Row {
  /** As Ollama lists it; as it is written when Ollama does not have it. */
  id: string;
  /** What Ollama has; `null` when it is not installed. */
  model: Model | null;
  /** What is written for it; `null` when it is not in the settings. */
  entry: ListedModel | null;
}

/** Every model that can be in the list: the installed ones in groups, then what is written and not installed. */
export function rowsOf(models: readonly Model[], settings: SettingsState): Row[] {
  const written = (id: string) => settings.entries.find((entry) => sameModel(entry.id, id)) ?? null;
  const installed = groups(models).flatMap((group) => group.models);
  const rows = installed
    .map((model): Row => ({ id: model.id, model, entry: written(model.id) }))
    // Not for chat: only when someone listed it.
    .filter((row) => row.model?.verdict !== 'embedding' || row.entry !== null);
  const absent = settings.entries.filter(
    (entry, at) =>
      !models.some((model) => sameModel(model.id, entry.id)) &&
      settings.entries.findIndex((other) => sameModel(other.id, entry.id)) === at,
  );
  return [...rows, ...absent.map((entry): Row => ({ id: entry.id, model: null, entry }))];
}

/** Whether Pincer knows what Ollama has: else "not installed" cannot be said of anything. */
export function areKnown(models: ModelsState | null): boolean {
  return models !== null && (models.problem === null || models.models.length > 0);
}

/** A reference spelled as Ollama lists the model; as it is written where Ollama does not have it. */
export function spelled(written: string, models: readonly Model[]): string {
  const id = ollamaId(written);
  const found = id === null ? undefined : models.find((model) => sameModel(model.id, id));
  return found ? `ollama/${found.id}` : written;
}

/** Both name the same model of the same provider. */
export function sameReference(one: string, other: string): boolean {
  const [first, second] = [ollamaId(one), ollamaId(other)];
  return first !== null && second !== null ? sameModel(first, second) : one === other;
}

/** What is asked there leaves this computer: another provider's, or a model that runs on ollama.com. */
export function isOnline(written: string, models: readonly Model[]): boolean {
  const id = ollamaId(written);
  if (id === null) return true;
  const found = models.find((model) => sameModel(model.id, id));
  return found ? found.verdict === 'cloud' : /[:-]cloud$/i.test(id);
}

/** A field's number: `null` when it is empty, `NaN` when it is no whole number of at least `least`. */
export function wholeNumber(text: string, least = 1): number | null {
  const digits = text.replace(/\s/g, '');
  if (digits === '') return null;
  const value = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
  return value >= least ? value : Number.NaN;
}
