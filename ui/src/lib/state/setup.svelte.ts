// "Set everything up": the steps one after the other, each by the command that its own button has. It goes on whatever
// screen is shown, can be stopped at every step, and stops by itself at whatever is to be mended first.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';
import type { Preview } from '../backend/types/Preview';
import type { Remedy } from '../backend/types/Remedy';
import { isInstalling } from '../install';
import { isRunning, sameModel } from '../models';
import { isProving, isStarting } from '../openclaw';
import { remedyOf } from '../remedies';
import { chosenModel, nextOf, planOf, type Next, type Offers, type Step, type StepId } from '../setup';
import type { Change } from './change.svelte';
import type { Live } from './live.svelte';

/** The step ended without what it is for; its own card says why. */
class Stopped extends Error {}
/** The user stopped it. */
class Cancelled extends Error {}

/** The way to the proof. */
export class SetUp {
  phase = $state<'idle' | 'running' | 'stopped' | 'cancelled' | 'done'>('idle');
  /** The steps that were left when it began. */
  steps = $state.raw<readonly Step[]>([]);
  done = $state.raw<readonly StepId[]>([]);
  /** The step under way, since when (in milliseconds since 1970); `asks`: a change waits for the user's word. */
  current = $state.raw<{ id: StepId; since: number; asks: boolean } | null>(null);
  /** Why it stopped, where nothing else on the screen says it. */
  failure = $state.raw<Failure | null>(null);
  /** What installing would download, as far as it was asked. */
  offers = $state.raw<Offers>({ ollama: null, openclaw: null });

  #backend: Backend;
  #live: Live;
  #change: Change;
  /** What is waited for in the state. */
  #wanted: { look: () => boolean; come: () => void } | null = null;
  #stop: ((why: Error) => void) | null = null;
  /** Counts up: what an earlier one still waits for goes no further. */
  #run = 0;

  constructor(backend: Backend, live: Live, change: Change) {
    this.#backend = backend;
    this.#live = live;
    this.#change = change;
  }

  /** The steps that are left now. */
  get plan(): Step[] {
    return planOf(this.#live, this.offers);
  }

  /** The whole way: the steps that were made, and those that are left. */
  get way(): readonly Step[] {
    if (this.phase === 'running') return this.steps;
    const left = this.plan;
    const made = this.steps.filter(({ id }) => this.done.includes(id) && !left.some((step) => step.id === id));
    return this.phase === 'idle' ? left : [...made, ...left];
  }

  /** Asks how much there is to download where only that is missing. */
  async ask(): Promise<void> {
    const wants = (id: StepId) => this.plan.some((step) => step.id === id);
    const [ollama, openclaw] = await Promise.all([
      wants('install-ollama') && !this.offers.ollama ? this.#backend.installOffer().catch(() => null) : this.offers.ollama,
      wants('install-openclaw') && !this.offers.openclaw ? this.#backend.openclawOffer().catch(() => null) : this.offers.openclaw,
    ]);
    this.offers = { ollama, openclaw };
  }

  /** News of the state. */
  hear(): void {
    const wanted = this.#wanted;
    if (!wanted?.look()) return;
    this.#wanted = null;
    wanted.come();
  }

  /** Makes all steps that are left. */
  async start(): Promise<void> {
    if (this.phase === 'running') return;
    this.phase = 'running';
    this.failure = null;
    this.done = [];
    this.steps = this.plan;
    const stop = new Promise<never>((_, reject) => (this.#stop = reject));
    // Nobody waits for it when all goes well.
    stop.catch(() => undefined);
    try {
      await Promise.race([this.#all(++this.#run), stop]);
      this.phase = 'done';
    } catch (reason) {
      this.phase = reason instanceof Cancelled ? 'cancelled' : 'stopped';
      if (!(reason instanceof Cancelled) && !(reason instanceof Stopped)) this.failure = asFailure(reason);
    } finally {
      this.#stop = null;
      this.#wanted = null;
      this.current = null;
    }
  }

  /** Stops the step under way; what is done stays, and a download goes on from where it was. */
  async cancel(): Promise<void> {
    const id = this.current?.id;
    const backend = this.#backend;
    const model = this.steps.find((step) => step.id === 'download-model')?.model;
    this.#run += 1;
    this.#stop?.(new Cancelled());
    if (id === 'install-ollama' || id === 'install-openclaw') await backend.cancelInstall();
    else if (id === 'start-ollama') await backend.cancelRemedy({ id: 'start-ollama', params: {} });
    else if (id === 'download-model' && model) await backend.pausePull(model);
    else if (id === 'start-gateway') await backend.cancelGatewayStart();
    else if (id === 'proof') await backend.cancelProof();
    else if (id === 'settings') this.#change.leave();
  }

  async #all(run: number): Promise<void> {
    for (;;) {
      await this.#looked(run);
      const next = nextOf(this.#live);
      if (next === 'done') return;
      // A step that was made and is asked for again did not help.
      if (next === null || this.done.includes(next.id)) throw new Stopped();
      if (!this.steps.some(({ id }) => id === next.id)) this.steps = [...this.steps, { id: next.id, bytes: 0, model: null }];
      this.current = { id: next.id, since: Date.now(), asks: false };
      await this.#make(run, next);
      this.done = [...this.done, next.id];
      this.current = null;
    }
  }

  async #make(run: number, { id, offer }: Next): Promise<void> {
    const live = this.#live;
    const before = { install: live.install, start: live.gatewayStart, proof: live.proof };
    if (id === 'start-gateway') {
      await this.#backend.runRemedy({ id: 'start-gateway', params: {} });
      await this.#until(run, () => live.gatewayStart !== before.start && !isStarting(live.gatewayStart));
      if (live.gatewayStart?.phase !== 'done') throw new Stopped();
    } else if (id === 'proof') {
      const model = chosenModel(live);
      if (model === null) throw new Stopped();
      await this.#backend.prove(model);
      await this.#until(run, () => live.proof !== before.proof && !isProving(live.proof));
      if (live.proof?.result?.outcome.code !== 'answered') throw new Stopped();
    } else if (offer?.id === 'download-model') {
      await this.#download(run, offer.params.name);
    } else if (offer) {
      const remedy = remedyOf(offer);
      const outcome = await this.#backend.runRemedy(remedy);
      this.#goesOn(run);
      if (outcome.outcome === 'preview') {
        await this.#tell(run, remedy, outcome.value);
      } else if (id === 'install-ollama' || id === 'install-openclaw') {
        await this.#until(run, () => live.install !== before.install && !isInstalling(live.install));
        if (live.install?.phase !== 'done') throw new Stopped();
      }
    }
  }

  async #download(run: number, name: string): Promise<void> {
    const find = () => this.#live.pulls.find((pull) => sameModel(pull.name, name));
    const before = find();
    // Not as one that was asked for by itself: the focus stays with the steps.
    await this.#backend.pull(name, true);
    await this.#until(run, () => {
      const pull = find();
      // Paused by its own button, it waits for the user.
      return pull !== before && (!pull || !isRunning(pull) || pull.state === 'paused');
    });
    if (find()?.state !== 'done') throw new Stopped();
  }

  /** OpenClaw is told. What replaces something of the user's is shown, and waits for the word. */
  async #tell(run: number, remedy: Remedy, preview: Preview): Promise<void> {
    const change = this.#change;
    change.forget();
    if (preview.warnings.length === 0 && preview.changes.every(({ before }) => before === null)) {
      await change.write(preview);
      this.#goesOn(run);
    } else {
      change.show(remedy, preview);
      if (this.current) this.current = { ...this.current, asks: true };
      await this.#until(run, () => change.done !== null || change.shown === null);
    }
    if (change.done === null) throw change.failure ?? new Stopped();
  }

  /** A look that began after now is over, and what it saw is here. */
  async #looked(run: number): Promise<void> {
    const live = this.#live;
    const before = live.look?.at ?? -1;
    await this.#backend.lookAgain();
    await this.#until(run, () => (live.look?.at ?? -1) > before && live.path?.checking.length === 0);
  }

  async #until(run: number, look: () => boolean): Promise<void> {
    this.#goesOn(run);
    if (!look()) await new Promise<void>((come) => (this.#wanted = { look, come }));
    this.#goesOn(run);
  }

  #goesOn(run: number): void {
    if (run !== this.#run) throw new Cancelled();
  }
}
