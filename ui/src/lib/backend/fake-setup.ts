// The fake backend of a computer on which "Set everything up" goes well as far as a step, and rests or fails there.
// For a look and for the judgement of a browser; nothing of it is in the product.

import { diagnosis, failureOf, FakeBackend, pullOf } from './fake';
import { findings, model, modelsState, settingsOff, settingsState, worlds } from './samples';
import type { ReceiptSummary } from './types/ReceiptSummary';
import type { Remedy } from './types/Remedy';
import type { RemedyOutcome } from './types/RemedyOutcome';

/** Where it rests: `failed` is the download without a network, `asks` a change that replaces something. */
export type Rest = 'download' | 'failed' | 'asks' | 'proof';

const MODEL = 'qwen3.5:4b';
const BYTES = 3_389_000_000;

/** Each step changes the world as the real one would. */
export class SettingUp extends FakeBackend {
  #rest: Rest;
  #looks = 0;

  constructor(rest: Rest) {
    super(structuredClone(worlds.empty));
    this.#rest = rest;
  }

  override async lookAgain(): Promise<void> {
    this.push({ look: { at: ++this.#looks } });
  }

  override async pull(name: string, forOpenclaw: boolean): Promise<void> {
    await super.pull(name, forOpenclaw);
    if (this.#rest === 'download') return this.pushPull(pullOf(MODEL, 'downloading', 0.37, BYTES));
    if (this.#rest === 'failed') {
      const failure = failureOf({ code: 'pull.offline', params: {} }, 'dial tcp: lookup registry.ollama.ai: no such host');
      return this.pushPull({ ...pullOf(MODEL, 'failed', 0.37, BYTES), failure });
    }
    const path = diagnosis([{ ...findings.ollamaOff, remedies: [{ id: 'use-model', params: { name: MODEL }, kind: 'action' }] }]);
    const models = modelsState([model(MODEL, { sizeBytes: BYTES })]);
    // Where it is to ask, somebody chose another model meanwhile.
    const primary = this.#rest === 'asks' ? 'anthropic/claude' : null;
    this.push({ path, models, settings: { ...settingsOff, primary }, pulls: [pullOf(MODEL, 'done', 1, BYTES)] });
  }

  override async apply(plan: string): Promise<ReceiptSummary> {
    const receipt = await super.apply(plan);
    this.push({ path: diagnosis([]), settings: settingsState({ primary: `ollama/${MODEL}`, fallbacks: [], lastChange: receipt }) });
    return receipt;
  }

  override async runRemedy(remedy: Remedy): Promise<RemedyOutcome> {
    const outcome = await super.runRemedy(remedy);
    if (remedy.id === 'start-gateway') {
      this.push({ openclaw: worlds.running.openclaw, gatewayStart: { phase: 'done', since: Date.now(), failure: null } });
    }
    return outcome;
  }
}
