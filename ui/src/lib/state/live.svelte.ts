// The pushed state: slices as Rust sent them last. Everything else is derived from it.

import { asFailure, type Backend } from '../backend/backend';
import type { CheckState } from '../backend/types/CheckState';
import type { Diagnosis } from '../backend/types/Diagnosis';
import type { Failure } from '../backend/types/Failure';
import type { Finding } from '../backend/types/Finding';
import type { InstallState } from '../backend/types/InstallState';
import type { ModelsState } from '../backend/types/ModelsState';
import type { OpenclawState } from '../backend/types/OpenclawState';
import type { ProofState } from '../backend/types/ProofState';
import type { PullState } from '../backend/types/PullState';
import type { LookState } from '../backend/types/LookState';
import type { RemedyState } from '../backend/types/RemedyState';
import type { SettingsState } from '../backend/types/SettingsState';
import type { StartState } from '../backend/types/StartState';
import type { Update } from '../backend/types/Update';

/** The state of the machine as the window knows it; a slice is `null` until it came. */
export class Live {
  path = $state.raw<Diagnosis | null>(null);
  models = $state.raw<ModelsState | null>(null);
  settings = $state.raw<SettingsState | null>(null);
  openclaw = $state.raw<OpenclawState | null>(null);
  pulls = $state.raw<PullState[]>([]);
  checks = $state.raw<CheckState[]>([]);
  install = $state.raw<InstallState | null>(null);
  remedies = $state.raw<RemedyState[]>([]);
  look = $state.raw<LookState | null>(null);
  gatewayStart = $state.raw<StartState | null>(null);
  proof = $state.raw<ProofState | null>(null);
  /** The subscription itself failed: nothing on the screen can be trusted. */
  lost = $state.raw<Failure | null>(null);

  readonly problems: Finding[] = $derived(this.path?.findings.filter((f) => f.severity === 'problem') ?? []);
  readonly notes: Finding[] = $derived(this.path?.findings.filter((f) => f.severity !== 'problem') ?? []);
  /** Every station was judged and is fine; only then may the window say that all is well. */
  readonly well: boolean = $derived(this.path?.path.every((station) => station.state === 'ok') ?? false);

  #seen = new Map<Update['slice'], number>();

  /** Begins to listen. */
  async follow(backend: Backend): Promise<void> {
    try {
      await backend.subscribe((update) => this.take(update));
    } catch (reason) {
      this.lost = asFailure(reason);
    }
  }

  /** Takes one message, unless a newer one of its slice is here already. */
  take(update: Update): void {
    if (update.revision <= (this.#seen.get(update.slice) ?? -1)) return;
    this.#seen.set(update.slice, update.revision);
    switch (update.slice) {
      case 'path': this.path = update.state; break;
      case 'models': this.models = update.state; break;
      case 'settings': this.settings = update.state; break;
      case 'pulls': this.pulls = update.state; break;
      case 'checks': this.checks = update.state; break;
      case 'install': this.install = update.state; break;
      case 'remedies': this.remedies = update.state; break;
      case 'look': this.look = update.state; break;
      case 'gateway-start': this.gatewayStart = update.state; break;
      case 'proof': this.proof = update.state; break;
      case 'openclaw': this.openclaw = update.state; break;
    }
  }
}
