// A change of OpenClaw's settings on its way: asked for, shown, applied, taken back.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';
import type { Gateway } from '../backend/types/Gateway';
import type { Preview } from '../backend/types/Preview';
import type { ReceiptKind } from '../backend/types/ReceiptKind';
import type { ReceiptSummary } from '../backend/types/ReceiptSummary';
import type { Remedy } from '../backend/types/Remedy';
import type { UseRequest } from '../backend/types/UseRequest';

/** What a change is for; what it changes is in its preview. What is made without a preview has none. */
type Purpose = Exclude<ReceiptKind, { kind: 'undo' | 'settings' | 'list-model' }>;

/** A change that is shown and waits for Apply. */
export interface Shown {
  purpose: Purpose;
  preview: Preview;
  /** The model that becomes a next choice, where that is what the change is for. */
  nextChoice?: string;
  /** Asks for the preview anew, after the file changed under it. */
  again: () => Promise<Preview>;
}

/** At most one change at a time. */
export class Change {
  shown = $state.raw<Shown | null>(null);
  /** What is being waited for. */
  waiting = $state<'preview' | 'apply' | 'undo' | null>(null);
  /** Why the last step failed. */
  failure = $state.raw<Failure | null>(null);
  /** What was done last in this window, for the notice with Undo. */
  done = $state.raw<ReceiptSummary | null>(null);
  /** What undo was asked for last, to ask again on other terms. */
  #asked: { receipt: string | null; force: boolean; later: readonly string[] } = { receipt: null, force: false, later: [] };

  /** OpenClaw's gateway after what was done last; `null` where it did not run before. */
  gateway = $state<'watching' | 'answers' | 'silent' | null>(null);

  #backend: Backend;
  #runs: () => boolean;
  /** Only the newest watch counts. */
  #watch = 0;

  /** `runs` says whether OpenClaw's gateway answers just now. */
  constructor(backend: Backend, runs: () => boolean = () => false) {
    this.#backend = backend;
    this.#runs = runs;
  }

  /** Shows what making `name` OpenClaw's model would change. */
  async use(name: string): Promise<void> {
    await this.request({
      primary: name, fallbacks: null, models: [], allReady: true, context: null, mode: null, address: null, listed: null,
      localOnly: false,
    });
  }

  /** Shows what making `name` the last of OpenClaw's next choices would change; `primary` stays its model. */
  async addChoice(name: string, primary: string, fallbacks: readonly string[]): Promise<void> {
    await this.request(
      {
        primary, fallbacks: [...fallbacks, `ollama/${name}`], models: [], allReady: false, context: null, mode: null,
        address: null, listed: null, localOnly: false,
      },
      name,
    );
  }

  /** Shows what any request would change. */
  async request(request: UseRequest, nextChoice?: string): Promise<void> {
    const purpose: Purpose = { kind: 'use-model', params: { name: request.primary } };
    await this.#prepare({ purpose, nextChoice, again: () => this.#backend.previewUse(request) });
  }

  /** Shows the preview that a remedy ended in. */
  show(remedy: Remedy, preview: Preview): void {
    const purpose = purposeOf(remedy);
    if (purpose === null) return;
    this.failure = null;
    this.done = null;
    this.shown = { purpose, preview, again: () => this.#remedyAgain(remedy) };
  }

  /** Asks for the shown preview anew. */
  async again(): Promise<void> {
    const shown = this.shown;
    if (shown) await this.#prepare(shown);
  }

  /** Writes what is shown. */
  async apply(): Promise<void> {
    const shown = this.shown;
    if (!shown) return;
    await this.#wait('apply', async () => {
      await this.#write(() => this.#backend.apply(shown.preview.plan));
      this.shown = null;
    });
  }

  /** Writes what a preview would show, where there is nothing to decide. */
  async write(preview: Preview): Promise<void> {
    await this.#wait('apply', () => this.#write(() => this.#backend.apply(preview.plan)));
  }

  /** Takes a change back (`null`: the newest), and the `later` ones that go with it, as the user saw. */
  async undo(receipt: string | null, later: readonly string[] = []): Promise<void> {
    await this.#undo({ receipt, force: false, later });
  }

  /** Takes back what was asked for last, although someone else wrote since. */
  async undoByForce(): Promise<void> {
    await this.#undo({ ...this.#asked, force: true });
  }

  /** Takes back what was asked for last, and these later changes with it. */
  async undoWithLater(later: readonly ReceiptSummary[]): Promise<void> {
    await this.#undo({ ...this.#asked, later: later.map((one) => one.id) });
  }

  async #undo(asked: { receipt: string | null; force: boolean; later: readonly string[] }): Promise<void> {
    await this.#wait('undo', async () => {
      this.#asked = asked;
      await this.#write(() => this.#backend.undo(asked.receipt, asked.force, asked.later));
    });
  }

  /** News of the gateway, after it was watched: one that was silent may be back. */
  hear(gateway: Gateway): void {
    if (this.gateway === null || this.gateway === 'watching') return;
    this.gateway = gateway === 'answers' ? 'answers' : 'silent';
  }

  /** Puts the preview away; nothing was written. Not while it is being written: how that ended is to be seen. */
  leave(): void {
    if (this.waiting === 'apply') return;
    this.shown = null;
    this.failure = null;
  }

  /** Forgets the notice of what was done. */
  forget(): void {
    this.done = null;
    this.failure = null;
  }

  /** A gateway that runs takes what is written by itself: whether it still answers is said when it is known. */
  async #write(step: () => Promise<ReceiptSummary>): Promise<void> {
    const ran = this.#runs();
    this.done = await step();
    const mine = ++this.#watch;
    this.gateway = ran ? 'watching' : null;
    if (!ran) return;
    const told = (gateway: Gateway | null) => {
      if (mine === this.#watch) this.gateway = gateway === 'none' ? 'silent' : gateway;
    };
    // Not waited for: what was written is written.
    this.#backend.gatewayAfterChange().then(told, () => told(null));
  }

  async #prepare(wanted: Omit<Shown, 'preview'>): Promise<void> {
    await this.#wait('preview', async () => {
      const preview = await wanted.again();
      this.done = null;
      this.shown = { ...wanted, preview };
    });
  }

  async #remedyAgain(remedy: Remedy): Promise<Preview> {
    const outcome = await this.#backend.runRemedy(remedy);
    if (outcome.outcome === 'preview') return outcome.value;
    throw asFailure('the remedy gave no preview');
  }

  async #wait(what: 'preview' | 'apply' | 'undo', step: () => Promise<void>): Promise<void> {
    if (this.waiting) return;
    this.waiting = what;
    this.failure = null;
    try {
      await step();
    } catch (reason) {
      this.failure = asFailure(reason);
    } finally {
      this.waiting = null;
    }
  }
}

function purposeOf(remedy: Remedy): Purpose | null {
  switch (remedy.id) {
    case 'use-model': return { kind: 'use-model', params: { name: remedy.params.name } };
    case 'use-address': return { kind: 'use-address', params: { url: remedy.params.url } };
    case 'move-ollama': return { kind: 'use-address', params: { url: `http://127.0.0.1:${remedy.params.port}` } };
    case 'rename-fallback': return { kind: 'rename-fallback', params: {} };
    case 'repair-settings': return { kind: 'repair', params: {} };
    case 'write-key': return { kind: 'write-key', params: {} };
    case 'add-models': return { kind: 'add-models', params: {} };
    case 'drop-fallback': return { kind: 'drop-fallback', params: remedy.params };
    case 'local-only': return { kind: 'local-only', params: {} };
    case 'start-at-login': return { kind: 'start-at-login', params: {} };
    case 'gateway-at-login': return { kind: 'gateway-at-login', params: {} };
    case 'set-gateway-token': return { kind: 'set-gateway-token', params: {} };
    case 'set-gateway-mode': return { kind: 'set-gateway-mode', params: {} };
    case 'set-context': return { kind: 'set-context', params: remedy.params };
    case 'set-timeout': return { kind: 'set-timeout', params: remedy.params };
    case 'keep-loaded': return { kind: 'keep-loaded', params: remedy.params };
    default: return null;
  }
}
