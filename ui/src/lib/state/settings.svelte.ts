// The choices of the settings screen before they are applied. What was not touched follows what is set now;
// what was touched lasts for the session, until it is applied or discarded.

import { asFailure, type Backend } from '../backend/backend';
import type { AddressTest } from '../backend/types/AddressTest';
import type { Failure } from '../backend/types/Failure';
import type { ListedModel } from '../backend/types/ListedModel';
import type { Model } from '../backend/types/Model';
import type { SetMode } from '../backend/types/SetMode';
import type { SettingsState } from '../backend/types/SettingsState';
import type { UseRequest } from '../backend/types/UseRequest';
import { isHere, ollamaId, sameModel } from '../models';
import type { Change } from './change.svelte';
import type { Live } from './live.svelte';
import {
  LEAST_WINDOW, USUAL_ADDRESS, areKnown, isOnline, rowsOf, sameReference, spelled, wholeNumber, type Row,
} from './settings-rows';

/** Where Ollama is. */
export type Place = 'here' | 'elsewhere';
/** A number that can be written for a model. */
export type Field = 'contextWindow' | 'maxTokens';
/** A part of the screen with something that is not applied yet. */
export type Part = 'way' | 'address' | 'primary' | 'fallbacks' | 'list';
/** What has to be put right before a change can be shown. */
export type Missing = 'primary' | 'address' | 'numbers';

/** What an address answered. */
export interface Tested {
  /** The address as it was asked for. */
  address: string;
  answer: AddressTest | null;
  failure: Failure | null;
}

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
  /** What the last test of an address said. */
  tested = $state.raw<Tested | null>(null);
  /** What is being waited for. */
  waiting = $state<'test' | 'preview' | null>(null);
  /** Why the change could not be shown. */
  failure = $state.raw<Failure | null>(null);
  /** What has to be put right first. */
  missing = $state<Missing | null>(null);

  // `null`, or no key: not touched.
  #mode = $state<SetMode | null>(null);
  #place = $state<Place | null>(null);
  #text = $state<string | null>(null);
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
  }

  // What is there now.

  get #settings(): SettingsState | null {
    return this.#live.settings;
  }

  /** What Ollama has. */
  get models(): readonly Model[] {
    return this.#live.models?.models ?? [];
  }

  /** Pincer knows what Ollama has. */
  readonly known: boolean = $derived.by(() => areKnown(this.#live.models));
  readonly rows: Row[] = $derived.by(() => (this.#settings ? rowsOf(this.models, this.#settings) : []));

  /** The address that is written; where none is, the one that counts. */
  get presentAddress(): string {
    return this.#settings?.baseUrl ?? this.#live.path?.address.url ?? USUAL_ADDRESS;
  }

  /** This computer's: the present one when it is here, else the usual. */
  get addressHere(): string {
    const counts = this.#live.path?.address.url ?? USUAL_ADDRESS;
    return [this.presentAddress, counts].find(isHere) ?? USUAL_ADDRESS;
  }

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

  get place(): Place {
    return this.#place ?? (isHere(this.presentAddress) ? 'here' : 'elsewhere');
  }

  set place(place: Place) {
    this.#place = place;
    if (this.missing === 'address') this.missing = null;
  }

  /** The field for another machine's address. */
  get text(): string {
    return this.#text ?? (isHere(this.presentAddress) ? '' : this.presentAddress);
  }

  set text(text: string) {
    this.#text = text;
    if (this.missing === 'address') this.missing = null;
  }

  /** The address that is asked for; `null`: the present one stays. */
  get address(): string | null {
    const wanted = this.place === 'here' ? this.addressHere : this.text.trim();
    return wanted === this.presentAddress ? null : wanted;
  }

  /** What a test of the address that is shown said; `null` before one. */
  get answer(): Tested | null {
    return this.tested?.address === (this.address ?? this.presentAddress) ? this.tested : null;
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
    if (this.missing === 'numbers' && this.#wrong.length === 0) this.missing = null;
  }

  /** What is typed there cannot be written. */
  isWrong(row: Row, field: Field): boolean {
    return Number.isNaN(wholeNumber(this.number(row, field), field === 'contextWindow' ? LEAST_WINDOW : 1));
  }

  get #wrong(): Row[] {
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
    if (this.address !== null) parts.push('address');
    if (this.#primary !== null) parts.push('primary');
    if (this.#fallbacks !== null || this.localOnly) parts.push('fallbacks');
    if (this.mode === 'pinned' && this.rows.some((row) => this.#isTouched(row))) parts.push('list');
    return parts;
  }

  /** Everything as it is set now. */
  discard(): void {
    this.#mode = this.#place = this.#text = this.#primary = this.#fallbacks = null;
    this.#localOnly = false;
    this.#ticks = {};
    this.#numbers = {};
    this.tested = this.failure = this.missing = null;
  }

  /** Forgets choices that are by now what is set: to be called when that changes. */
  settle(): void {
    if (!this.#settings) return;
    if (this.#mode === this.#presentMode) this.#mode = null;
    if (this.#primary !== null) this.primary = this.#primary;
    if (this.#fallbacks !== null) this.fallbacks = this.#fallbacks;
    if (this.answer?.answer?.url === this.presentAddress) this.#place = this.#text = null;
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

  /** Asks the address that is shown; whether it is an Ollama's. */
  async test(backend: Backend): Promise<boolean> {
    const address = this.address ?? this.presentAddress;
    if (this.waiting || address === '') return false;
    this.waiting = 'test';
    this.tested = null;
    try {
      this.tested = { address, answer: await backend.testAddress(address), failure: null };
      if (this.missing === 'address') this.missing = null;
      return true;
    } catch (reason) {
      this.tested = { address, answer: null, failure: asFailure(reason) };
      return false;
    } finally {
      this.waiting = null;
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
      // Of another address it is not known yet which models it has.
      allReady: this.mode === 'pinned' && this.#settings?.mode !== 'pinned' && this.#listed() === null,
      context: null,
      mode: this.mode,
      address: this.address === null ? null : (this.answer?.answer?.url ?? null),
      listed: this.#listed(),
      localOnly: this.localOnly,
    };
  }

  /** The exact list; `null` where nothing is said about it. */
  #listed(): ListedModel[] | null {
    if (this.mode === 'automatic') return null;
    const untouched = !this.rows.some((row) => this.#isTouched(row));
    if (untouched && (this.#settings?.mode === 'pinned' || this.address !== null)) return null;
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
    else if (this.#wrong.length > 0) this.missing = 'numbers';
    else if (this.address !== null && !this.answer?.answer && !(await this.test(backend))) this.missing = 'address';
    const request = this.missing === null ? this.request() : null;
    if (!request) return;
    this.waiting = 'preview';
    await change.request(request);
    this.waiting = null;
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
