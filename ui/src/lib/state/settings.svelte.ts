// The choices of the settings screen before they are applied. What was not touched follows what is set now;
// what was touched lasts for the session, until it is applied or discarded.

import type { Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';
import type { ListedModel } from '../backend/types/ListedModel';
import type { Model } from '../backend/types/Model';
import type { SetMode } from '../backend/types/SetMode';
import type { SettingsState } from '../backend/types/SettingsState';
import type { UseRequest } from '../backend/types/UseRequest';
import { ollamaId, sameModel } from '../models';
import type { Change } from './change.svelte';
import type { Live } from './live.svelte';
import { AddressChoice } from './settings-address.svelte';
import { ContextChoice } from './settings-context.svelte';
import {
  LEAST_WINDOW, areKnown, isOnline, rowsOf, sameReference, spelled, wholeNumber, type Row,
} from './settings-rows';

/** A number that can be written for a model. */
export type Field = 'contextWindow' | 'maxTokens';
/** A part of the screen with something that is not applied yet. */
export type Part = 'way' | 'address' | 'primary' | 'fallbacks' | 'list' | 'context';
/** What has to be put right before a change can be shown. */
export type Missing = 'primary' | 'address' | 'numbers' | 'context';

type Numbers = Partial<Record<Field, string>>;

/** Answers for a window's session. */
const drafts = new WeakMap<Live, SettingsDraft>();

/** The draft of the window that `live` belongs to: the same each time. */
export function draftOf(live: Live): SettingsDraft {
  const draft = drafts.get(live) ?? new SettingsDraft(live);
  drafts.set(live, draft);
  return draft;
}

/** What the user chose and has not applied. */
export class SettingsDraft {
  /** Where Ollama is. */
  readonly where: AddressChoice;
  /** How long conversations may be. */
  readonly context: ContextChoice;
  /** The preview is being asked for. */
  asking = $state(false);
  /** Why the change could not be shown. */
  failure = $state.raw<Failure | null>(null);
  /** What has to be put right first. */
  missing = $state<Missing | null>(null);

  // `null`, or no key: not touched.
  #mode = $state<SetMode | null>(null);
  #primary = $state<string | null>(null);
  #fallbacks = $state.raw<string[] | null>(null);
  #localOnly = $state(false);
  #ticks = $state.raw<Record<string, boolean>>({});
  #numbers = $state.raw<Record<string, Numbers>>({});
  /** A change is shown that comes from here. */
  #shown = false;
  #live: Live;

  constructor(live: Live) {
    this.#live = live;
    const edited = (missing: Missing) => () => {
      if (this.missing === missing) this.missing = null;
    };
    this.where = new AddressChoice(live, edited('address'));
    this.context = new ContextChoice(live, edited('context'));
  }

  /** Something is being waited for. */
  get waiting(): boolean {
    return this.asking || this.where.testing;
  }

  // What is there now.

  get #settings(): SettingsState | null {
    return this.#live.settings;
  }

  /** What Ollama has; once another address has answered, the Ollama there. */
  get models(): readonly Model[] {
    return this.where.elsewhere?.found ?? this.#live.models?.models ?? [];
  }

  /** The Ollama that these are of. */
  get host(): string {
    return this.where.elsewhere?.url ?? this.#live.models?.host ?? this.where.present;
  }

  /** Pincer knows what Ollama has. */
  readonly known: boolean = $derived.by(() => this.where.elsewhere !== null || areKnown(this.#live.models));
  readonly rows: Row[] = $derived.by(() => (this.#settings ? rowsOf(this.models, this.#settings) : []));

  // What is chosen.

  get mode(): SetMode {
    return this.#mode ?? this.#presentMode;
  }

  set mode(mode: SetMode) {
    this.#mode = mode === this.#presentMode ? null : mode;
  }

  /** Pinned is what is proposed where nothing is set. */
  get #presentMode(): SetMode {
    return this.#settings?.mode === 'automatic' ? 'automatic' : 'pinned';
  }

  /** The chosen model as it is written; empty when there is none. */
  get primary(): string {
    return spelled(this.#primary ?? this.#settings?.primary ?? this.#recommended, this.models);
  }

  /** Where none is chosen yet: what Pincer would take, by the diagnosis. */
  get #recommended(): string {
    for (const { remedies } of this.#live.path?.findings ?? []) {
      for (const remedy of remedies) if (remedy.id === 'use-model') return `ollama/${remedy.params.name}`;
    }
    return '';
  }

  set primary(written: string) {
    this.#primary = sameReference(written, this.#settings?.primary ?? '') ? null : written;
    if (this.missing === 'primary') this.missing = null;
  }

  /** The next choices in order, as they are written. */
  get fallbacks(): string[] {
    const written = this.#fallbacks ?? this.#settings?.fallbacks ?? [];
    return written.filter((one, at) => written.indexOf(one) === at && !sameReference(one, this.primary));
  }

  set fallbacks(fallbacks: string[]) {
    const present = this.#settings?.fallbacks ?? [];
    const same = fallbacks.length === present.length && fallbacks.every((one, at) => sameReference(one, present[at] ?? ''));
    this.#fallbacks = same ? null : fallbacks;
  }

  /** Next choices that run online. */
  get online(): string[] {
    return this.fallbacks.filter((written) => isOnline(written, this.models));
  }

  get localOnly(): boolean {
    return this.#localOnly && this.online.length > 0;
  }

  set localOnly(only: boolean) {
    this.#localOnly = only;
  }

  /** Why a model is in the list whatever is ticked; `null` when it is for the user to say. */
  needed(row: Row): 'primary' | 'fallback' | null {
    const names = (written: string) => sameModel(ollamaId(written) ?? '', row.id);
    if (names(this.primary)) return 'primary';
    if (!this.fallbacks.some(names)) return null;
    return this.localOnly && this.online.some(names) ? null : 'fallback';
  }

  isTicked(row: Row): boolean {
    return this.needed(row) !== null || (this.#ticks[row.id] ?? this.#isTickedAtFirst(row));
  }

  tick(row: Row, ticked: boolean): void {
    const { [row.id]: _, ...others } = this.#ticks;
    this.#ticks = ticked === this.#isTickedAtFirst(row) ? others : { ...others, [row.id]: ticked };
  }

  /** What a field of a model shows: what was typed, else what is written and is not the model's own. */
  number(row: Row, field: Field): string {
    const typed = this.#numbers[row.id]?.[field];
    if (typed !== undefined) return typed;
    const written = row.entry?.[field] ?? null;
    return written === null || written === row.model?.[field] ? '' : String(written);
  }

  setNumber(row: Row, field: Field, text: string): void {
    const { [field]: _, ...others } = this.#numbers[row.id] ?? {};
    this.#numbers = { ...this.#numbers, [row.id]: others };
    if (text.trim() !== this.number(row, field)) {
      this.#numbers = { ...this.#numbers, [row.id]: { ...others, [field]: text } };
    }
    if (this.missing === 'numbers' && this.wrong.length === 0) this.missing = null;
  }

  /** What is typed there cannot be written. */
  isWrong(row: Row, field: Field): boolean {
    return Number.isNaN(wholeNumber(this.number(row, field), field === 'contextWindow' ? LEAST_WINDOW : 1));
  }

  /** The rows with a number that cannot be written. */
  get wrong(): Row[] {
    if (this.mode === 'automatic') return [];
    return this.rows.filter(
      (row) => this.isTicked(row) && (this.isWrong(row, 'contextWindow') || this.isWrong(row, 'maxTokens')),
    );
  }

  #isTickedAtFirst(row: Row): boolean {
    return row.entry !== null || (this.#settings?.mode !== 'pinned' && row.model?.verdict === 'ready');
  }

  #isTouched(row: Row): boolean {
    return row.id in this.#ticks || Object.keys(this.#numbers[row.id] ?? {}).length > 0;
  }

  // From choices to a change.

  /** The parts with choices that are not applied yet, as they stand on the screen. */
  get parts(): Part[] {
    const parts: Part[] = [];
    if (this.#mode !== null) parts.push('way');
    if (this.where.wanted !== null) parts.push('address');
    if (this.#primary !== null) parts.push('primary');
    if (this.#fallbacks !== null || this.localOnly) parts.push('fallbacks');
    if (this.mode === 'pinned' && this.rows.some((row) => this.#isTouched(row))) parts.push('list');
    if (this.#tokens !== null) parts.push('context');
    return parts;
  }

  /** Everything as it is set now. */
  discard(): void {
    this.#mode = this.#primary = this.#fallbacks = null;
    this.where.discard();
    this.context.discard();
    this.#localOnly = false;
    this.#ticks = {};
    this.#numbers = {};
    this.failure = this.missing = null;
  }

  /** Forgets choices that are by now what is set: to be called when that changes. */
  settle(): void {
    if (!this.#settings) return;
    if (this.#mode === this.#presentMode) this.#mode = null;
    if (this.#primary !== null) this.primary = this.#primary;
    if (this.#fallbacks !== null) this.fallbacks = this.#fallbacks;
    this.where.settle();
    this.context.settle();
    if (this.online.length === 0) this.#localOnly = false;
    for (const row of this.rows) {
      const ticked = this.#ticks[row.id];
      if (ticked !== undefined) this.tick(row, ticked);
      for (const field of ['contextWindow', 'maxTokens'] as const) {
        const typed = this.#numbers[row.id]?.[field];
        if (typed !== undefined) this.setNumber(row, field, typed);
      }
    }
  }

  /** What is asked of Pincer; `null` without a model of Ollama's. An address is in it only when it was tested. */
  request(): UseRequest | null {
    const primary = ollamaId(this.primary);
    if (primary === null) return null;
    return {
      primary,
      fallbacks: this.#fallbacks === null ? null : this.fallbacks,
      models: [],
      allReady: false,
      context: this.#tokens,
      mode: this.mode,
      address: this.where.elsewhere?.url ?? null,
      listed: this.#listed(),
      localOnly: this.localOnly,
    };
  }

  /** The length of conversation that is asked for; only a pinned list has one. */
  get #tokens(): number | null {
    return this.mode === 'pinned' && this.#settings?.contextSettable ? this.context.asked : null;
  }

  /** The exact list; `null` where nothing is said about it. */
  #listed(): ListedModel[] | null {
    if (this.mode === 'automatic') return null;
    // A length of conversation is for every model of the list.
    const untouched = this.#tokens === null && !this.rows.some((row) => this.#isTouched(row));
    if (untouched && this.#settings?.mode === 'pinned') return null;
    return this.rows
      .filter((row) => this.isTicked(row))
      .map((row) => ({
        id: row.id,
        contextWindow: this.#asked(row, 'contextWindow'),
        maxTokens: this.#asked(row, 'maxTokens'),
      }));
  }

  /** `null` leaves what is written: so an emptied field asks for the model's own number. */
  #asked(row: Row, field: Field): number | null {
    const typed = this.#numbers[row.id]?.[field];
    if (typed === undefined) return null;
    return wholeNumber(typed) ?? row.model?.[field] ?? null;
  }

  /** Shows what the choices would change, unless `missing` says what is needed first. */
  async show(change: Change, backend: Backend, isWanted: () => boolean): Promise<void> {
    if (change.waiting || this.waiting) return;
    this.failure = null;
    this.missing = null;
    if (ollamaId(this.primary) === null) this.missing = 'primary';
    else if (this.wrong.length > 0) this.missing = 'numbers';
    else if (Number.isNaN(this.#tokens)) this.missing = 'context';
    else if (this.where.wanted !== null && !this.where.elsewhere && !(await this.where.test(backend))) this.missing = 'address';
    const request = this.missing === null ? this.request() : null;
    if (!request) return;
    this.asking = true;
    await change.request(request);
    this.asking = false;
    this.#shown = change.shown !== null;
    if (this.#shown) {
      if (!isWanted()) change.leave();
    } else {
      // Said where it was asked for.
      [this.failure, change.failure] = [change.failure, null];
    }
  }

  /** Follows what became of the change that was shown: applied, the choices are what is set. */
  follow(change: Change): void {
    if (change.shown !== null || !this.#shown) return;
    this.#shown = false;
    if (change.done !== null) this.discard();
  }
}
