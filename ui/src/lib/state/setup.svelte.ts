// "Set everything up": the steps one after the other, each by the command that its own button has. It goes on whatever
// screen is shown, can be stopped at every step, and stops by itself at whatever is to be mended first.

import { asFailure, type Backend } from '../backend/backend';
import type { Failure } from '../backend/types/Failure';
import type { InstallState } from '../backend/types/InstallState';
import type { Preview } from '../backend/types/Preview';
import type { Remedy } from '../backend/types/Remedy';
import { isInstalling } from '../install';
import { isRunning, sameModel } from '../models';
import { isProving, isStarting } from '../openclaw';
import { remedyOf, stateOf } from '../remedies';
import { chosenModel, isWaking, needs, nextOf, planOf, problems, type Next, type Offers, type Step, type StepId } from '../setup';
import type { Change } from './change.svelte';
import type { Live } from './live.svelte';

/** The step ended without what it is for; its own card says why. */
class Stopped extends Error {}
/** The user stopped it. */
class Cancelled extends Error {}
/** What it was about is no more. */
class Forgotten extends Error {}

/** The way to the proof. */
export class SetUp {
  phase = $state<'idle' | 'running' | 'stopped' | 'cancelled'>('idle');
  /** The steps that were left when it began. */
  steps = $state.raw<readonly Step[]>([]);
  done = $state.raw<readonly StepId[]>([]);
  /** The step under way, since when (in milliseconds since 1970); `asks`: a change waits for the user's word. */
  current = $state.raw<{ id: StepId; since: number; asks: boolean } | null>(null);
  /** Since when it waits for an Ollama that is waking up (in milliseconds since 1970); `null`: it does not. */
  waking = $state<number | null>(null);
  /** The step that it came to last; `null`: it looked, or met what no step does away with. */
  at = $state<StepId | null>(null);
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
  /** The cause that it stopped at, where that is none of its steps. */
  #cause: string | null = null;
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

  /** The whole way: the steps that were made, the one that it stopped at, and those that are left. */
  get way(): readonly Step[] {
    if (this.phase === 'running') return this.steps;
    const left = this.plan;
    const came = (id: StepId) => this.done.includes(id) || id === this.at;
    const made = this.steps.filter(({ id }) => came(id) && !left.some((step) => step.id === id));
    return [...made, ...left];
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
    if (wanted?.look()) {
      this.#wanted = null;
      wanted.come();
    }
    const ended = this.phase === 'stopped' || this.phase === 'cancelled';
    if (ended && this.#live.path?.checking.length === 0 && !this.#stands()) this.#anew();
  }

  /** Makes all steps that are left. */
  async start(): Promise<void> {
    if (this.phase === 'running') return;
    this.#anew();
    this.phase = 'running';
    this.steps = this.plan;
    const stop = new Promise<never>((_, reject) => (this.#stop = reject));
    // Nobody waits for it when all goes well.
    stop.catch(() => undefined);
    let why: unknown = new Forgotten();
    try {
      await Promise.race([this.#all(++this.#run), stop]);
    } catch (reason) {
      why = reason;
    }
    this.#stop = null;
    this.#wanted = null;
    this.current = null;
    this.waking = null;
    this.#end(why);
  }

  /** Stops the step under way; what is done stays, and a download goes on from where it was. */
  async cancel(): Promise<void> {
    await this.#halt(new Cancelled());
  }

  /** Forgets what was done and what it stopped at; one under way is stopped. */
  async forget(): Promise<void> {
    if (this.phase === 'running') await this.#halt(new Forgotten());
    else this.#anew();
  }

  /** What failed here was told here: nobody tells it again when it is over. */
  #anew(): void {
    if (this.failure && this.failure === this.#change.failure) this.#change.failure = null;
    this.#reset();
  }

  async #halt(why: Error): Promise<void> {
    const id = this.current?.id;
    const backend = this.#backend;
    const model = this.steps.find((step) => step.id === 'download-model')?.model;
    this.#run += 1;
    this.#stop?.(why);
    if (id === 'install-ollama' || id === 'install-openclaw') await backend.cancelInstall();
    else if (id === 'start-ollama') await backend.cancelRemedy({ id: 'start-ollama', params: {} });
    else if (id === 'download-model' && model) await backend.pausePull(model);
    else if (id === 'start-gateway') await backend.cancelGatewayStart();
    else if (id === 'proof') await backend.cancelProof();
    else if (id === 'settings') this.#change.leave();
  }

  #end(why: unknown): void {
    if (why instanceof Forgotten) return this.#reset();
    this.phase = why instanceof Cancelled ? 'cancelled' : 'stopped';
    if (!(why instanceof Cancelled) && !(why instanceof Stopped)) this.failure = asFailure(why);
    this.#cause = problems(this.#live)[0]?.code ?? null;
    // Where nothing is in the way any more, what failed is told at its own place.
    if (!this.#stands()) this.#reset();
  }

  #reset(): void {
    this.phase = 'idle';
    this.steps = [];
    this.done = [];
    this.at = null;
    this.failure = null;
    this.#cause = null;
  }

  /** What it stopped at is still what is to be done first. */
  #stands(): boolean {
    const live = this.#live;
    if (live.well && this.failure === null) return false;
    const first = problems(live)[0];
    // It is not known just now.
    if (!first && !live.well) return true;
    if (this.at === null) return first?.code === this.#cause;
    // Started in vain, it may be in the way for another cause now.
    const unstarted = this.at === 'install-ollama' && live.install?.program === 'ollama' && live.install.phase === 'not-started';
    if (unstarted || this.at === 'start-ollama') return first?.link === 'engine';
    const next = nextOf(live);
    return next !== null && next !== 'done' && next.id === this.at;
  }

  async #all(run: number): Promise<void> {
    for (;;) {
      this.at = null;
      await this.#looked(run);
      await this.#awake(run);
      const next = nextOf(this.#live);
      if (next === 'done') return;
      this.at = next?.id ?? null;
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
    const tried = () => (offer ? stateOf(offer, live.remedies) : null);
    const before = { install: live.install, start: live.gatewayStart, proof: live.proof, tried: tried() };
    if (id === 'start-gateway') {
      await this.#backend.runRemedy({ id: 'start-gateway', params: {} });
      await this.#until(run, () => live.gatewayStart !== before.start && !isStarting(live.gatewayStart));
      if (live.gatewayStart?.phase !== 'done') throw endOf(live.gatewayStart?.phase);
    } else if (id === 'proof') {
      const model = chosenModel(live);
      if (model === null) throw new Stopped();
      await this.#backend.prove(model);
      await this.#until(run, () => live.proof !== before.proof && !isProving(live.proof));
      if (live.proof?.result?.outcome.code !== 'answered') throw endOf(live.proof?.phase);
    } else if (offer?.id === 'download-model') {
      await this.#download(run, offer.params.name);
    } else if (offer) {
      const remedy = remedyOf(offer);
      const outcome = await this.#backend.runRemedy(remedy);
      this.#goesOn(run);
      if (outcome.outcome === 'preview') {
        await this.#tell(run, remedy, outcome.value);
      } else if (id === 'install-ollama' || id === 'install-openclaw') {
        await this.#installed(run, id, before.install);
      } else if (tried() !== before.tried && (tried()?.phase === 'cancelled' || tried()?.phase === 'unanswered')) {
        throw new Cancelled();
      }
    }
  }

  async #installed(run: number, id: StepId, before: InstallState | null): Promise<void> {
    const live = this.#live;
    // An installer that is open is the user's to follow: it has ended when the program is there.
    const open = () => live.install === null || live.install.phase === 'opened';
    await this.#until(run, () => {
      if (live.install === before || isInstalling(live.install)) return false;
      return !open() || (live.path?.checking.length === 0 && !needs(live, id));
    });
    const phase = live.install?.phase;
    // What is in its place is judged by the look that follows.
    if (phase === 'failed' || phase === 'not-started' || phase === 'cancelled') throw endOf(phase);
  }

  async #download(run: number, name: string): Promise<void> {
    const find = () => this.#live.pulls.find((pull) => sameModel(pull.name, name));
    const before = find();
    // Not as one that was asked for by itself: the focus stays with the steps.
    await this.#backend.pull(name, true);
    let begun = false;
    await this.#until(run, () => {
      const pull = find();
      begun ||= pull !== before;
      // Paused by its own button, it waits for the user.
      return begun && (!pull || !isRunning(pull) || pull.state === 'paused');
    });
    const state = find()?.state;
    if (state !== 'done') throw state === 'failed' ? new Stopped() : new Cancelled();
  }

  /** OpenClaw is told. What replaces something of the user's is shown, and waits for the word. */
  async #tell(run: number, remedy: Remedy, preview: Preview): Promise<void> {
    const change = this.#change;
    change.forget();
    if (preview.warnings.length === 0 && preview.changes.every(({ before }) => before === null)) {
      await change.write(preview);
      this.#goesOn(run);
      if (change.done === null) throw change.failure ?? new Stopped();
    } else {
      change.show(remedy, preview);
      if (this.current) this.current = { ...this.current, asks: true };
      await this.#until(run, () => change.done !== null || change.shown === null);
      // Put away, it was not wanted now.
      if (change.done === null) throw new Cancelled();
    }
  }

  /** A look that began after now is over, and what it saw is here. */
  async #looked(run: number): Promise<void> {
    const live = this.#live;
    const before = live.look?.at ?? -1;
    await this.#backend.lookAgain();
    await this.#until(run, () => (live.look?.at ?? -1) > before && live.path?.checking.length === 0);
  }

  /** An Ollama that is waking up answers in a moment; one that does not is called silent after its time. */
  async #awake(run: number): Promise<void> {
    const live = this.#live;
    if (!isWaking(live)) return;
    this.waking = Date.now();
    await this.#until(run, () => live.path?.checking.length === 0 && !isWaking(live));
    this.waking = null;
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

/** How a step ended that did not do what it is for: stopped by hand elsewhere, or in vain. */
function endOf(phase: string | undefined): Error {
  return phase === 'cancelled' ? new Cancelled() : new Stopped();
}
