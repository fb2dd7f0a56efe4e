// The one interface to Rust: what the window can ask, and how answers come.
// `tauri.ts` is the real one, `fake.ts` the one of tests.

import type { AddressTest } from './types/AddressTest';
import type { Explanation } from './types/Explanation';
import type { Failure } from './types/Failure';
import type { FileDiff } from './types/FileDiff';
import type { Gateway } from './types/Gateway';
import type { InstallOffer } from './types/InstallOffer';
import type { KeptPreferences } from './types/KeptPreferences';
import type { OpenclawOffer } from './types/OpenclawOffer';
import type { Page } from './types/Page';
import type { Preview } from './types/Preview';
import type { ReceiptSummary } from './types/ReceiptSummary';
import type { Remedy } from './types/Remedy';
import type { RemedyOutcome } from './types/RemedyOutcome';
import type { Suggestion } from './types/Suggestion';
import type { Update } from './types/Update';
import type { UseRequest } from './types/UseRequest';
import type { WindowPreferences } from './types/WindowPreferences';

/** Every method rejects with a `Failure`, never with anything else. */
export interface Backend {
  /** Sends the whole state, then what changes. Subscribing again replaces the former listener. */
  subscribe(listen: (update: Update) => void): Promise<void>;
  /** Asks for a download; how it goes comes by the `pulls` slice. `forOpenclaw`: list it in OpenClaw's settings then. */
  pull(name: string, forOpenclaw: boolean): Promise<void>;
  /** Stops a running or waiting download; Ollama keeps what is here. */
  pausePull(name: string): Promise<void>;
  /** Goes on with one that was paused, waits, or failed; `anyway`: even where Pincer sees no room for it. */
  resumePull(name: string, anyway?: boolean): Promise<void>;
  /** Whether a download is to be listed in OpenClaw's settings when it is there. */
  setPullForOpenclaw(name: string, on: boolean): Promise<void>;
  /** Stops a download for good. */
  cancelPull(name: string): Promise<void>;
  /** What can be said of a model's name as it is typed. */
  suggestModels(text: string): Promise<Suggestion>;
  /** Deletes an installed model from Ollama. */
  removeModel(name: string): Promise<void>;
  /** Takes a model out of memory; it stays installed. */
  unloadModel(name: string): Promise<void>;
  /** Starts the live check of a model; how it goes comes by the `checks` slice. */
  checkModel(name: string): Promise<void>;
  /** Stops a live check. */
  cancelCheck(name: string): Promise<void>;
  /** Stops the start of OpenClaw's gateway; what Pincer started ends. How it goes comes by the `gateway-start` slice. */
  cancelGatewayStart(): Promise<void>;
  /** Asks a model one real question through OpenClaw; how it goes comes by the `proof` slice. */
  prove(name: string): Promise<void>;
  /** Stops that question. */
  cancelProof(): Promise<void>;
  /** Opens OpenClaw's page in the browser; whether it is signed in. */
  openOpenclaw(): Promise<boolean>;
  /** Listens for the wish to close the window while downloads run; the window stays open then. */
  onClosing(listen: () => void): Promise<void>;
  /** Closes the window although downloads run. */
  closeAnyway(): Promise<void>;
  /** Takes an ended download off the list. */
  dismissPull(name: string): Promise<void>;
  /** Says what making a model OpenClaw's would change; writes nothing. */
  previewUse(request: UseRequest): Promise<Preview>;
  /** Writes what a preview showed; `plan` comes from there. */
  apply(plan: string): Promise<ReceiptSummary>;
  /** Whether OpenClaw's gateway, which answered before a change, still does; it is watched for two seconds or more. */
  gatewayAfterChange(): Promise<Gateway>;
  /**
   * Takes a change back (`null`: the newest); `force` also over changes made by others since. `later`: the names of the
   * later changes that may go with it, which is refused of others.
   */
  undo(receipt: string | null, force: boolean, later: readonly string[]): Promise<ReceiptSummary>;
  /** The changes that Pincer made, newest first. */
  history(): Promise<ReceiptSummary[]>;
  /** What undoing a change would bring back: from what is there now to what was before it. */
  difference(receipt: string): Promise<FileDiff[]>;
  /** Asks the Ollama at an address, in whatever form people write one; writes nothing. */
  testAddress(address: string): Promise<AddressTest>;
  /** Carries out a remedy; one that changes settings ends in a preview. */
  runRemedy(remedy: Remedy): Promise<RemedyOutcome>;
  /** Waits no longer for a remedy; what was started goes on. How remedies go comes by the `remedies` slice. */
  cancelRemedy(remedy: Remedy): Promise<void>;
  /** Forgets how a remedy ended. */
  dismissRemedy(remedy: Remedy): Promise<void>;
  /** Looks at everything again; done when that has come to its end. */
  lookAgain(): Promise<void>;
  /** What installing Ollama would download, and where to; asks for the size and nothing else. */
  installOffer(): Promise<InstallOffer>;
  /** What installing OpenClaw would do, and what stands in its way; asks npm and its registry, changes nothing. */
  openclawOffer(): Promise<OpenclawOffer>;
  /** Stops the installation; nothing of it stays. How it goes comes by the `install` slice. */
  cancelInstall(): Promise<void>;
  /** Forgets an installation that is over. */
  dismissInstall(): Promise<void>;
  /** Makes the checks anew and says what they find to an error that someone saw; `text` steers and is not kept. */
  explainError(text: string): Promise<Explanation>;
  /** Everything that was seen, as text for whoever helps, without anything private; the checks are made anew for it. */
  report(): Promise<string>;
  /** Whether the window can be seen: while it is hidden, nothing is watched. */
  setVisible(visible: boolean): Promise<void>;
  /** The system's language as a tag (`fr-FR`); empty where Windows or macOS tells it to the web view alone. */
  language(): Promise<string>;
  /** What the user chose for the window. */
  preferences(): Promise<KeptPreferences>;
  /** Keeps what the user chose for the window. */
  keepPreferences(chosen: WindowPreferences): Promise<void>;
  /** Has the system say something, unless the user is looking at the window. */
  tellOutside(title: string, text: string): Promise<void>;
  /** Opens a page in the browser. */
  openPage(page: Page): Promise<void>;
  /** Opens the folder of Pincer's logs. */
  openLogs(): Promise<void>;
  /** Opens practice mode in a window of its own. */
  openPractice(): Promise<void>;
  /** Closes the window as its frame's button does: running downloads are asked about first. */
  quit(): Promise<void>;
  /** What practice mode can play: its situations, then faults by their code names; `null` outside of practice mode. */
  practiceFaults(): Promise<string[] | null>;
  /** Puts the practice computer into a situation (`null`: all is well); done when it was looked at. */
  playFault(name: string | null): Promise<void>;
}

/** What a rejected call carries: a `Failure` as it is, anything else as a fault of Pincer's own. */
export function asFailure(reason: unknown): Failure {
  if (isFailure(reason)) return reason;
  return { code: 'internal', params: {}, detail: String(reason) };
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false;
  const { code, params, detail } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof params === 'object' && params !== null && typeof detail === 'string';
}
