// A backend that lives in memory, for tests and for a look in a browser. Nothing of it is in the product.

import type { Backend } from './backend';
import { isTrying } from '../models';
import { sameRemedy } from '../remedies';
import type { AddressTest } from './types/AddressTest';
import type { CheckState } from './types/CheckState';
import type { Diagnosis } from './types/Diagnosis';
import type { Explanation } from './types/Explanation';
import type { Failure } from './types/Failure';
import type { FileDiff } from './types/FileDiff';
import type { Gateway } from './types/Gateway';
import type { InstallOffer } from './types/InstallOffer';
import type { InstallState } from './types/InstallState';
import type { OpenclawOffer } from './types/OpenclawOffer';
import type { KeptPreferences } from './types/KeptPreferences';
import type { Model } from './types/Model';
import type { ModelsState } from './types/ModelsState';
import type { OpenclawState } from './types/OpenclawState';
import type { Page } from './types/Page';
import type { Preview } from './types/Preview';
import type { ProofState } from './types/ProofState';
import type { PullState } from './types/PullState';
import type { ReceiptKind } from './types/ReceiptKind';
import type { ReceiptSummary } from './types/ReceiptSummary';
import type { Remedy } from './types/Remedy';
import type { LookState } from './types/LookState';
import type { RemedyOutcome } from './types/RemedyOutcome';
import type { RemedyPhase } from './types/RemedyPhase';
import type { RemedyState } from './types/RemedyState';
import type { SettingsState } from './types/SettingsState';
import type { StartState } from './types/StartState';
import type { Suggestion } from './types/Suggestion';
import type { Update } from './types/Update';
import type { UseRequest } from './types/UseRequest';
import type { WindowPreferences } from './types/WindowPreferences';
import { failureOf, healed, installOf, pullOf } from './fake-states';
import { model, noRequest, previewOf, report } from './samples';

export { diagnosis, failureOf, installOf, pullOf } from './fake-states';

/** The slices; an absent one was not sent yet. */
export interface World {
  path?: Diagnosis;
  models?: ModelsState;
  settings?: SettingsState;
  pulls?: PullState[];
  checks?: CheckState[];
  install?: InstallState | null;
  remedies?: RemedyState[];
  look?: LookState;
  gatewayStart?: StartState | null;
  proof?: ProofState | null;
  openclaw?: OpenclawState;
}

type Call =
  | {
      name:
        | 'pausePull' | 'cancelPull' | 'dismissPull' | 'suggestModels' | 'removeModel' | 'unloadModel'
        | 'checkModel' | 'cancelCheck' | 'closeAnyway' | 'apply' | 'difference' | 'testAddress' | 'explainError' | 'prove';
      value: string;
    }
  | { name: 'pull'; value: { name: string; forOpenclaw: boolean } }
  | { name: 'resumePull'; value: { name: string; anyway: boolean } }
  | { name: 'setPullForOpenclaw'; value: { name: string; on: boolean } }
  | {
      name:
        | 'gatewayAfterChange' | 'report' | 'cancelInstall' | 'dismissInstall' | 'lookAgain' | 'cancelGatewayStart'
        | 'cancelProof' | 'openOpenclaw' | 'openLogs' | 'openPractice' | 'quit';
    }
  | { name: 'setVisible'; value: boolean }
  | { name: 'keepPreferences'; value: WindowPreferences }
  | { name: 'tellOutside'; value: { title: string; text: string } }
  | { name: 'openPage'; value: Page }
  | { name: 'playFault'; value: string | null }
  | { name: 'previewUse'; value: UseRequest }
  | { name: 'undo'; value: { receipt: string | null; force: boolean; later: readonly string[] } }
  | { name: 'runRemedy' | 'cancelRemedy' | 'dismissRemedy'; value: Remedy };

/** Answers from a `World`, remembers what was asked, and fails where it was told to. */
export class FakeBackend implements Backend {
  /** What was asked, in order. */
  readonly calls: Call[] = [];
  /** The next call of that name rejects with this. */
  readonly failing = new Map<keyof Backend, Failure>();
  receipts: ReceiptSummary[] = [];
  /** How OpenClaw's gateway is after a change. */
  gateway: Gateway = 'answers';
  /** What the Ollama at a tested address has. */
  elsewhere: Model[] = [model('qwen3:8b'), model('mistral:latest', { reasoning: false }), model('gpt-oss:20b')];
  /** Whether OpenClaw gives a link that signs in. */
  signsIn = true;
  tag = 'en-GB';
  /** What the user chose before. */
  kept: KeptPreferences = { chosen: { language: null, theme: null, text: null, notify: true }, setAside: null };
  /** What is said of a model's name. */
  suggestion: Suggestion = { valid: true, installed: null, nearest: [] };
  /** What installing Ollama would do. */
  offer: InstallOffer = {
    url: 'https://ollama.com/download/ollama-linux-amd64.tar.zst', downloadBytes: 1_900_000_000, folder: '/home/ada/.local', aside: [], running: null,
  };
  /** What installing OpenClaw would do. */
  openclaw: OpenclawOffer = {
    installed: null, node: { path: '/usr/bin/node', version: '24.16.0' }, required: '>=24.16.0', npm: '/usr/bin/npm',
    needsGit: false, version: '2026.9.6', downloadBytes: 250_000_000, installedBytes: 700_000_000,
    prefix: '/home/ada/.local', program: '/home/ada/.local/bin/openclaw', bin: '/home/ada/.local/bin', ownPrefix: true,
    onPath: true, onServicePath: true, blocked: null,
    command: ['npm', 'install', '-g', 'openclaw@latest', '--prefix', '/home/ada/.local'],
  };
  /** What is said to a pasted error; `null`: it is unknown, and the first problem of the path is found. */
  explanation: Explanation | null = null;
  /** What practice mode can play; `null`: this is not practice. */
  practice: string[] | null = null;
  /** Stands for the click on the window's close button. */
  wishToClose: () => void = () => undefined;
  world: World;

  #revision = 0;
  #listen: (update: Update) => void = () => undefined;
  #plan: { preview: Preview; kind: ReceiptKind } | null = null;

  constructor(world: World = {}) {
    this.world = world;
  }

  /** Changes slices and sends them. */
  push(change: World): void {
    Object.assign(this.world, change);
    this.#send(change);
  }

  /** Sends a download's newest state in place of its former one. */
  pushPull(pull: PullState): void {
    const others = (this.world.pulls ?? []).filter((one) => one.name !== pull.name);
    this.push({ pulls: [...others, pull] });
  }

  /** Sends a remedy's newest state in place of its former one. */
  pushRemedy(remedy: Remedy, phase: RemedyPhase, failure: Failure | null = null): void {
    const others = (this.world.remedies ?? []).filter((one) => !sameRemedy(one.remedy, remedy));
    this.push({ remedies: [...others, { remedy, phase, since: Date.now(), failure }] });
  }

  /** Sends a live check's newest state in place of its former one. */
  pushCheck(check: CheckState): void {
    const others = (this.world.checks ?? []).filter((one) => one.model !== check.model);
    this.push({ checks: [...others, check] });
  }

  subscribe(listen: (update: Update) => void): Promise<void> {
    return this.#answer('subscribe', () => {
      this.#listen = listen;
      this.#send(this.world);
    });
  }

  pull(name: string, forOpenclaw: boolean): Promise<void> {
    this.calls.push({ name: 'pull', value: { name, forOpenclaw } });
    return this.#answer('pull', () => this.pushPull({ ...pullOf(name, 'starting'), forOpenclaw }));
  }

  pausePull(name: string): Promise<void> {
    this.calls.push({ name: 'pausePull', value: name });
    return this.#answer('pausePull', () => this.#changePull(name, { state: 'paused', bytesPerSecond: null, secondsLeft: null }));
  }

  resumePull(name: string, anyway = false): Promise<void> {
    this.calls.push({ name: 'resumePull', value: { name, anyway } });
    return this.#answer('resumePull', () => this.#changePull(name, { state: 'starting', failure: null }));
  }

  setPullForOpenclaw(name: string, on: boolean): Promise<void> {
    this.calls.push({ name: 'setPullForOpenclaw', value: { name, on } });
    return this.#answer('setPullForOpenclaw', () => this.#changePull(name, { forOpenclaw: on }));
  }

  suggestModels(text: string): Promise<Suggestion> {
    this.calls.push({ name: 'suggestModels', value: text });
    return this.#answer('suggestModels', () => this.suggestion);
  }

  removeModel(name: string): Promise<void> {
    this.calls.push({ name: 'removeModel', value: name });
    return this.#answer('removeModel', () => {
      const models = this.world.models;
      if (models) this.push({ models: { ...models, models: models.models.filter((model) => model.id !== name) } });
    });
  }

  unloadModel(name: string): Promise<void> {
    this.calls.push({ name: 'unloadModel', value: name });
    return this.#answer('unloadModel', () => {
      const models = this.world.models;
      if (!models) return;
      const unloaded = models.models.map((model) => (model.id === name ? { ...model, inMemory: null } : model));
      this.push({ models: { ...models, models: unloaded } });
    });
  }

  checkModel(name: string): Promise<void> {
    this.calls.push({ name: 'checkModel', value: name });
    return this.#answer('checkModel', () => {
      const phase = this.world.checks?.some((check) => isTrying(check)) ? 'queued' : 'loading';
      this.pushCheck({ model: name, phase, since: Date.now(), result: null });
    });
  }

  cancelCheck(name: string): Promise<void> {
    this.calls.push({ name: 'cancelCheck', value: name });
    return this.#answer('cancelCheck', () =>
      this.push({ checks: (this.world.checks ?? []).map((one) => (one.model === name ? { ...one, phase: 'cancelled' } : one)) }),
    );
  }

  cancelGatewayStart(): Promise<void> {
    this.calls.push({ name: 'cancelGatewayStart' });
    return this.#answer('cancelGatewayStart', () => this.push({ gatewayStart: { phase: 'cancelled', since: Date.now(), failure: null } }));
  }

  prove(name: string): Promise<void> {
    this.calls.push({ name: 'prove', value: name });
    return this.#answer('prove', () =>
      this.push({ proof: { model: name, phase: 'asking', since: Date.now(), result: null, failure: null } }),
    );
  }

  cancelProof(): Promise<void> {
    this.calls.push({ name: 'cancelProof' });
    return this.#answer('cancelProof', () => {
      if (this.world.proof) this.push({ proof: { ...this.world.proof, phase: 'cancelled' } });
    });
  }

  openOpenclaw(): Promise<boolean> {
    this.calls.push({ name: 'openOpenclaw' });
    return this.#answer('openOpenclaw', () => this.signsIn);
  }

  onClosing(listen: () => void): Promise<void> {
    return this.#answer('onClosing', () => {
      this.wishToClose = listen;
    });
  }

  closeAnyway(): Promise<void> {
    this.calls.push({ name: 'closeAnyway', value: '' });
    return this.#answer('closeAnyway', () => undefined);
  }

  #changePull(name: string, change: Partial<PullState>): void {
    const pull = this.world.pulls?.find((one) => one.name === name);
    if (pull) this.pushPull({ ...pull, ...change });
  }

  cancelPull(name: string): Promise<void> {
    this.calls.push({ name: 'cancelPull', value: name });
    return this.#answer('cancelPull', () => this.pushPull(pullOf(name, 'cancelled')));
  }

  dismissPull(name: string): Promise<void> {
    this.calls.push({ name: 'dismissPull', value: name });
    return this.#answer('dismissPull', () =>
      this.push({ pulls: (this.world.pulls ?? []).filter((pull) => pull.name !== name) }),
    );
  }

  previewUse(request: UseRequest): Promise<Preview> {
    this.calls.push({ name: 'previewUse', value: request });
    return this.#answer('previewUse', () => this.#prepare(request));
  }

  apply(plan: string): Promise<ReceiptSummary> {
    this.calls.push({ name: 'apply', value: plan });
    return this.#answer('apply', () => {
      if (this.#plan?.preview.plan !== plan) throw failureOf({ code: 'settings.preview-gone', params: {} });
      const { preview, kind } = this.#plan;
      this.#plan = null;
      const receipt = this.#write(kind);
      const settings = this.world.settings;
      if (settings) {
        const path = this.world.path;
        this.push({
          settings: {
            ...settings, exists: true, mode: preview.mode, primary: preview.primary, lastChange: receipt,
            fallbacks: preview.fallbacks.length > 0 ? preview.fallbacks : settings.fallbacks,
          },
          ...(path ? { path: healed(path, 'settings') } : {}),
        });
      }
      return receipt;
    });
  }

  gatewayAfterChange(): Promise<Gateway> {
    this.calls.push({ name: 'gatewayAfterChange' });
    return this.#answer('gatewayAfterChange', () => this.gateway);
  }

  undo(receipt: string | null, force: boolean, later: readonly string[]): Promise<ReceiptSummary> {
    this.calls.push({ name: 'undo', value: { receipt, force, later } });
    return this.#answer('undo', () => {
      const undone = this.receipts.find((one) => one.undoneBy === null && one.kind.kind !== 'undo');
      if (!undone) throw failureOf({ code: 'undo.nothing', params: {} });
      const done = this.#write({ kind: 'undo', params: { receipt: undone.id } });
      this.receipts = this.receipts.map((one) => (one.id === undone.id ? { ...one, undoneBy: done.id } : one));
      const settings = this.world.settings;
      if (settings) this.push({ settings: { ...settings, primary: null, mode: 'off', lastChange: null } });
      return done;
    });
  }

  history(): Promise<ReceiptSummary[]> {
    return this.#answer('history', () => this.receipts);
  }

  difference(receipt: string): Promise<FileDiff[]> {
    this.calls.push({ name: 'difference', value: receipt });
    return this.#answer('difference', () => {
      const files = this.receipts.find((one) => one.id === receipt)?.files;
      if (!files) throw failureOf({ code: 'undo.unknown', params: { id: receipt } });
      return files.map((path) => ({ path, diff: '@@ -4,1 +4,1 @@\n-  primary: "ollama/qwen3:8b",\n+  primary: "anthropic/claude",\n' }));
    });
  }

  testAddress(address: string): Promise<AddressTest> {
    this.calls.push({ name: 'testAddress', value: address });
    return this.#answer('testAddress', () => {
      const parts = /^(?:(https?):\/\/)?([\w.-]+|\[[\da-f:]+\])(?::(\d+))?(?:\/v1)?\/?$/.exec(address.trim());
      if (!parts) throw failureOf({ code: 'address.invalid', params: { text: address } });
      const [, scheme = 'http', host = '', port = '11434'] = parts;
      const found = this.elsewhere;
      return { url: `${scheme}://${host}:${port}`, serverVersion: '0.32.15', models: found.length, found };
    });
  }

  explainError(text: string): Promise<Explanation> {
    this.calls.push({ name: 'explainError', value: text });
    return this.#answer('explainError', () => {
      const problem = this.world.path?.findings.find((finding) => finding.severity === 'problem');
      return this.explanation ?? { topic: null, finding: problem ?? null, fits: false };
    });
  }

  report(): Promise<string> {
    this.calls.push({ name: 'report' });
    return this.#answer('report', () => report);
  }

  installOffer(): Promise<InstallOffer> {
    return this.#answer('installOffer', () => this.offer);
  }

  openclawOffer(): Promise<OpenclawOffer> {
    return this.#answer('openclawOffer', () => this.openclaw);
  }

  cancelInstall(): Promise<void> {
    this.calls.push({ name: 'cancelInstall' });
    return this.#answer('cancelInstall', () => this.push({ install: installOf('cancelled', 0, 0, this.world.install?.program) }));
  }

  dismissInstall(): Promise<void> {
    this.calls.push({ name: 'dismissInstall' });
    return this.#answer('dismissInstall', () => this.push({ install: null }));
  }

  setVisible(visible: boolean): Promise<void> {
    this.calls.push({ name: 'setVisible', value: visible });
    return this.#answer('setVisible', () => undefined);
  }

  runRemedy(remedy: Remedy): Promise<RemedyOutcome> {
    this.calls.push({ name: 'runRemedy', value: remedy });
    return this.#answer('runRemedy', (): RemedyOutcome => {
      if (remedy.id === 'use-model') return { outcome: 'preview', value: this.#prepare({ ...noRequest, primary: remedy.params.name, allReady: true }) };
      if (remedy.id === 'start-at-login') {
        const path = '/home/ada/.config/systemd/user/ollama.service';
        const diff = '--- ollama.service\n+++ ollama.service\n@@ -0,0 +1,2 @@\n+[Service]\n+ExecStart="/home/ada/.local/bin/ollama" serve\n';
        const preview = this.#prepare(noRequest);
        const changes = [{ path, before: null, after: '[Service]' }];
        Object.assign(preview, { file: path, files: [{ path, diff }], changed: true, dialect: '', changes, effects: [] });
        this.#plan = { preview, kind: { kind: 'start-at-login', params: {} } };
        return { outcome: 'preview', value: preview };
      }
      if (remedy.id === 'gateway-at-login') {
        const file = '/home/ada/.config/systemd/user/openclaw-gateway.service';
        const command = 'openclaw gateway install';
        const preview = this.#prepare(noRequest);
        const changes = [{ path: file, before: null, after: command }];
        const effects = [{ code: 'gateway-at-login' as const, params: { command, file } }];
        Object.assign(preview, { files: [], changed: true, changes, effects });
        this.#plan = { preview, kind: { kind: 'gateway-at-login', params: {} } };
        return { outcome: 'preview', value: preview };
      }
      if (remedy.id === 'install-ollama') this.push({ install: installOf('asking') });
      if (remedy.id === 'start-gateway') this.push({ gatewayStart: { phase: 'asking', since: Date.now(), failure: null } });
      if (remedy.id === 'install-openclaw') this.push({ install: installOf('asking', 0, 0, 'openclaw') });
      if (remedy.id === 'start-ollama' && this.world.path) this.push({ path: healed(this.world.path, 'engine') });
      return { outcome: 'done' };
    });
  }

  cancelRemedy(remedy: Remedy): Promise<void> {
    this.calls.push({ name: 'cancelRemedy', value: remedy });
    const asks = this.world.remedies?.some((one) => sameRemedy(one.remedy, remedy) && one.phase === 'password');
    return this.#answer('cancelRemedy', () => this.pushRemedy(remedy, asks ? 'unanswered' : 'cancelled'));
  }

  dismissRemedy(remedy: Remedy): Promise<void> {
    this.calls.push({ name: 'dismissRemedy', value: remedy });
    return this.#answer('dismissRemedy', () =>
      this.push({ remedies: (this.world.remedies ?? []).filter((one) => !sameRemedy(one.remedy, remedy)) }),
    );
  }

  lookAgain(): Promise<void> {
    this.calls.push({ name: 'lookAgain' });
    return this.#answer('lookAgain', () => this.push({ look: { at: Date.now() } }));
  }

  language(): Promise<string> {
    return this.#answer('language', () => this.tag);
  }

  preferences(): Promise<KeptPreferences> {
    return this.#answer('preferences', () => this.kept);
  }

  keepPreferences(chosen: WindowPreferences): Promise<void> {
    this.calls.push({ name: 'keepPreferences', value: chosen });
    return this.#answer('keepPreferences', () => {
      this.kept = { ...this.kept, chosen };
    });
  }

  tellOutside(title: string, text: string): Promise<void> {
    this.calls.push({ name: 'tellOutside', value: { title, text } });
    return this.#answer('tellOutside', () => undefined);
  }

  openPage(page: Page): Promise<void> {
    this.calls.push({ name: 'openPage', value: page });
    return this.#answer('openPage', () => undefined);
  }

  openLogs(): Promise<void> {
    this.calls.push({ name: 'openLogs' });
    return this.#answer('openLogs', () => undefined);
  }

  practiceFaults(): Promise<string[] | null> {
    return this.#answer('practiceFaults', () => this.practice);
  }

  playFault(name: string | null): Promise<void> {
    this.calls.push({ name: 'playFault', value: name });
    return this.#answer('playFault', () => undefined);
  }

  openPractice(): Promise<void> {
    this.calls.push({ name: 'openPractice' });
    return this.#answer('openPractice', () => undefined);
  }

  quit(): Promise<void> {
    this.calls.push({ name: 'quit' });
    return this.#answer('quit', () => undefined);
  }

  #prepare(request: UseRequest): Preview {
    const { models, settings } = this.world;
    const preview = previewOf(request, settings ?? null, models?.models ?? [], `plan-${this.#revision}`);
    this.#plan = { preview, kind: { kind: 'settings', params: { effects: preview.effects } } };
    return preview;
  }

  #write(kind: ReceiptKind): ReceiptSummary {
    const receipt: ReceiptSummary = {
      id: `receipt-${this.receipts.length + 1}`,
      at: Date.UTC(2026, 2, 14, 9, 30 + this.receipts.length),
      kind,
      files: [this.world.settings?.file ?? ''],
      undoneBy: null,
    };
    this.receipts = [receipt, ...this.receipts];
    return receipt;
  }

  #send(slices: World): void {
    const send = (update: Omit<Update, 'revision'>) => this.#listen({ ...update, revision: ++this.#revision } as Update);
    if (slices.path) send({ slice: 'path', state: slices.path });
    if (slices.models) send({ slice: 'models', state: slices.models });
    if (slices.settings) send({ slice: 'settings', state: slices.settings });
    if (slices.pulls) send({ slice: 'pulls', state: slices.pulls });
    if (slices.install !== undefined) send({ slice: 'install', state: slices.install });
    if (slices.remedies) send({ slice: 'remedies', state: slices.remedies });
    if (slices.look) send({ slice: 'look', state: slices.look });
    if (slices.gatewayStart !== undefined) send({ slice: 'gateway-start', state: slices.gatewayStart });
    if (slices.proof !== undefined) send({ slice: 'proof', state: slices.proof });
    if (slices.checks) send({ slice: 'checks', state: slices.checks });
    if (slices.openclaw) send({ slice: 'openclaw', state: slices.openclaw });
  }

  async #answer<T>(name: keyof Backend, make: () => T): Promise<T> {
    const failure = this.failing.get(name);
    this.failing.delete(name);
    if (failure) throw failure;
    return make();
  }
}
