// Sample data for the fake backend: models, findings, previews, and whole situations by name.

import { plainName } from '../models';
import type { World } from './fake';
import { diagnosis, failureOf, pullOf } from './fake-states';
import { differenceOf } from './samples-diff';
import { everyFailure, everyState } from './samples-pulls';
import type { Assessed } from './types/Assessed';
import type { Diagnosis } from './types/Diagnosis';
import type { Effect } from './types/Effect';
import type { Finding } from './types/Finding';
import type { Group } from './types/Group';
import type { ModelsState } from './types/ModelsState';
import type { Offered } from './types/Offered';
import type { OpenclawState } from './types/OpenclawState';
import type { Preview } from './types/Preview';
import type { Proof } from './types/Proof';
import type { ReceiptSummary } from './types/ReceiptSummary';
import type { Sees } from './types/Sees';
import type { SettingsState } from './types/SettingsState';
import type { UseRequest } from './types/UseRequest';
import type { Verdict } from './types/Verdict';
import type { Warning } from './types/Warning';

const FILE = '/home/ada/.openclaw/openclaw.json';

/** A model that can act, with what differs. */
export function model(id: string, change: Partial<Assessed> = {}): Assessed {
  const contextWindow = change.contextWindow ?? 40_960;
  return {
    id,
    verdict: 'ready',
    capabilities: ['completion', 'tools', 'thinking'],
    tools: true,
    reasoning: true,
    input: ['text'],
    contextWindow,
    contextKnown: true,
    maxTokens: contextWindow * 10,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    sizeBytes: 5_225_388_164,
    group: groupOf(change.verdict ?? 'ready'),
    weak: false,
    fit: {
      verdict: 'fits', basis: 'estimated', context: Math.min(contextWindow, 32_768), needBytes: 9_900_000_000,
      memoryBytes: 25_000_000_000, graphicsBytes: 0, runsOn: 'processor',
    },
    recommendedContext: Math.min(contextWindow, 32_768),
    askedContext: null,
    inMemory: null,
    checked: null,
    better: null,
    ...change,
  };
}

function groupOf(verdict: Verdict): Group {
  switch (verdict) {
    case 'ready': return 'recommended';
    case 'cloud': return 'online';
    default: return verdict;
  }
}

/** A model without tools. */
export function chatOnly(id: string, change: Partial<Assessed> = {}): Assessed {
  return model(id, { verdict: 'chat-only', capabilities: ['completion'], tools: false, reasoning: false, ...change });
}

/** One model of every kind. */
export const mixed: Assessed[] = [
  model('qwen3:8b'),
  model('qwen3.5:9b', { input: ['text', 'image'], contextWindow: 262_144, sizeBytes: 6_594_474_711 }),
  model('mistral:latest', {
    reasoning: false, contextWindow: 8192, contextKnown: false, sizeBytes: 4_113_301_824, group: 'often-fails',
    weak: true, better: 'qwen3:8b',
  }),
  chatOnly('gemma3:4b', { input: ['text', 'image'], contextWindow: 131_072, sizeBytes: 3_338_801_804 }),
  chatOnly('tinyllama:latest', { contextWindow: 2048, sizeBytes: 637_700_138 }),
  model('kimi-k2:1t-cloud', { verdict: 'cloud', reasoning: false, contextWindow: 262_144, sizeBytes: 384 }),
  model('old-import:latest', {
    verdict: 'unknown', reason: 'show-failed', capabilities: [], tools: null, reasoning: null,
    contextWindow: 8192, contextKnown: false, sizeBytes: 1_928_429_856,
  }),
  model('nomic-embed-text:latest', {
    verdict: 'embedding', capabilities: ['embedding'], tools: false, reasoning: false, contextWindow: 2048,
    sizeBytes: 274_302_450,
  }),
];

function offer(name: string, gigabytes: number, memory: number, change: Partial<Offered> = {}): Offered {
  return {
    name, downloadBytes: gigabytes * 1e9, memoryBytes: memory * 1e9, verdict: 'ready', reasoning: true, vision: false,
    fit: 'fits', description: null,
    weak: false, note: null, ...change,
  };
}

/** Models to download. */
export const catalogue: Offered[] = [
  offer('qwen3.5:4b', 3.4, 8, { vision: true }),
  offer('qwen3.5', 6.6, 12, { vision: true, description: 'Reasoning, coding, and visual understanding, on your own machine.' }),
  offer('gemma4', 9.6, 14, { vision: true }),
  offer('mistral', 4.1, 8, { reasoning: false, weak: true, note: 'older' }),
  offer('gpt-oss:20b', 14, 16),
  offer('qwen3.5:27b', 17, 18, { vision: true, fit: 'tight' }),
  offer('deepseek-r1:32b', 20, 24, { verdict: 'chat-only', weak: true, note: 'thinks-long', fit: 'tight' }),
  offer('glm-4.7-flash', 19, 25, { fit: 'too-big' }),
  offer('llama3.3', 43, 48, { reasoning: false, weak: true, note: 'heavy', fit: 'too-big' }),
];

/** The models of a server that answers. */
export function modelsState(models: Assessed[], change: Partial<ModelsState> = {}): ModelsState {
  return { host: 'http://127.0.0.1:11434', serverVersion: '0.32.15', models, problem: null, catalogue,
    remote: false, memory: { totalBytes: 25_000_000_000, graphics: [], unified: false }, ...change };
}

/** Settings that Pincer pinned. */
export function settingsState(change: Partial<SettingsState> = {}): SettingsState {
  return {
    file: FILE, exists: true, problem: null, mode: 'pinned', primary: 'ollama/qwen3:8b',
    fallbacks: ['ollama/mistral:latest'], listed: ['qwen3:8b', 'qwen3.5:9b', 'mistral:latest'],
    entries: (change.listed ?? ['qwen3:8b', 'qwen3.5:9b', 'mistral:latest']).map((id) => ({
      id, contextWindow: 40_960, maxTokens: 409_600,
    })),
    context: 32_768, contextSettable: true, baseUrl: 'http://127.0.0.1:11434', agents: [], own: null, lastChange: null,
    automatic: { possible: true, advised: true, tokens: 32_768, maximum: false, offersOnline: true },
    ...change,
  };
}

/** Settings that say nothing of Ollama. */
export const settingsOff = settingsState({ mode: 'off', primary: null, fallbacks: [], listed: [], baseUrl: null, context: null });

/** A change that Pincer made. */
export const lastChange: ReceiptSummary = {
  id: 'receipt-0', at: Date.UTC(2026, 2, 13, 18, 5), kind: { kind: 'use-model', params: { name: 'qwen3:8b' } },
  files: [FILE], undoneBy: null,
};

/** What a request would change. */
export function previewOf(request: UseRequest, present: SettingsState | null, models: readonly Assessed[], plan: string): Preview {
  const settings = present ?? settingsOff;
  const name = request.primary;
  const model = models.find((one) => one.id === name);
  const before = settings.primary;
  const primary = `ollama/${name}`;
  const warnings: Warning[] = [];
  if (model?.verdict === 'chat-only') warnings.push({ code: 'chat-only', params: { name } });
  if (model && model.contextWindow < 16_000) {
    warnings.push({
      code: 'context-small',
      params: { name, tokens: model.contextWindow, guessed: !model.contextKnown },
    });
  }
  const effects = effectsOf(request, settings, models);
  const diff = differenceOf(request, settings, listAfter(request, settings, models));
  return {
    plan, file: FILE, files: diff === '' ? [] : [{ path: FILE, diff }], changed: effects.length > 0,
    mode: request.mode ?? 'pinned', dialect: '2026.5.28+', openclawVersion: '2026.9.6', warnings,
    changes: [
      { path: 'agents.defaults.model.primary', before, after: primary },
      { path: 'models.providers.ollama', before: null, after: { api: 'ollama' } },
    ],
    effects, primary, fallbacks: request.fallbacks ?? [],
  };
}

/** The list that a request leads to. */
function listAfter({ primary, allReady, listed }: UseRequest, settings: SettingsState, models: readonly Assessed[]): string[] {
  const ready = allReady ? models.filter((model) => model.verdict === 'ready').map((model) => model.id) : [];
  return [...new Set([...(listed?.map((model) => model.id) ?? [...settings.listed, ...ready]), ...(primary === '' ? [] : [primary])])];
}

/** A request that says nothing. */
export const noRequest: UseRequest = {
  primary: '', fallbacks: null, models: [], allReady: false, context: null, mode: null, address: null, listed: null,
  localOnly: false,
};

/** What a request changes, told more simply than Rust does: enough to see it said. */
function effectsOf(request: UseRequest, settings: SettingsState, models: readonly Assessed[]): Effect[] {
  const effects: Effect[] = [];
  const { primary, fallbacks, context, address } = request;
  const mode = request.mode ?? 'pinned';
  if (settings.mode === 'off') effects.push({ code: 'connect', params: { mode } });
  const before = settings.primary === null ? null : plainName(settings.primary);
  if (before !== primary) effects.push({ code: 'model', params: { name: primary, before } });
  if (fallbacks?.length === 0) effects.push({ code: 'fallbacks-gone', params: {} });
  else if (fallbacks) effects.push({ code: 'fallbacks', params: { names: fallbacks.map(plainName) } });
  if (settings.mode !== 'off' && settings.mode !== mode) effects.push({ code: 'mode', params: { mode } });
  if (address !== null && address !== settings.baseUrl) effects.push({ code: 'address', params: { url: address } });
  const after = listAfter(request, settings, models);
  const added = after.filter((id) => id !== primary && !settings.listed.includes(id));
  if (added.length > 0) effects.push({ code: 'list-added', params: { names: added } });
  const removed = mode === 'automatic' ? settings.listed : settings.listed.filter((id) => !after.includes(id));
  if (removed.length > 0) effects.push({ code: 'list-removed', params: { names: removed } });
  if (context !== null && context !== settings.context) effects.push({ code: 'context', params: { names: after, tokens: context } });
  return effects;
}

/** Findings by their code. */
export const findings = {
  notRunning: {
    code: 'engine.not-running', severity: 'problem', link: 'engine',
    params: { url: 'http://127.0.0.1:11434', program: '/usr/local/bin/ollama', enabled: false },
    evidence: ['GET http://127.0.0.1:11434/ : connection refused', 'found /usr/local/bin/ollama'],
    remedies: [{ id: 'start-ollama', params: {}, kind: 'action', command: ['systemctl', 'start', 'ollama'] }],
  },
  notInstalled: {
    code: 'engine.not-installed', severity: 'problem', link: 'engine', params: { url: 'http://127.0.0.1:11434' },
    evidence: ['GET http://127.0.0.1:11434/ : connection refused', 'no binary in 8 places'],
    remedies: [{ id: 'install-ollama', params: {}, kind: 'action' }, { id: 'get-ollama', params: {}, kind: 'link' }],
  },
  starting: {
    code: 'engine.starting', severity: 'warning', link: 'engine', params: { url: 'http://127.0.0.1:11434', seconds: 7 },
    evidence: ['connected, no answer in 3 s'], remedies: [],
  },
  crashing: {
    code: 'engine.crash-looping', severity: 'problem', link: 'engine',
    params: { restarts: 9, reason: 'Error: listen tcp 127.0.0.1:11434: bind: address already in use', log: 'journalctl -u ollama' },
    evidence: ['systemctl show ollama: activating (auto-restart), NRestarts=9'],
    remedies: [
      { id: 'read-log', params: {}, kind: 'manual', command: ['journalctl', '-u', 'ollama', '-n', '50', '--no-pager'] },
      { id: 'restart-ollama', params: { way: 'service' }, kind: 'action', password: true },
    ],
  },
  notAtLogin: {
    code: 'engine.not-at-login', severity: 'warning', link: 'engine', params: {},
    evidence: ['the port belongs to process 4242, which Pincer started', 'no unit, no login item'],
    remedies: [{ id: 'start-at-login', params: {}, kind: 'action' }],
  },
  silent: {
    code: 'engine.silent', severity: 'problem', link: 'engine',
    params: { url: 'http://127.0.0.1:11434', seconds: null, pid: null }, evidence: ['connected, no answer in 3 s'],
    remedies: [
      { id: 'restart-ollama', params: { way: 'service' }, kind: 'action', command: ['pkexec', 'systemctl', 'restart', 'ollama'], password: true },
    ],
  },
  otherProgram: {
    code: 'connection.other-program', severity: 'problem', link: 'connection',
    params: { url: 'http://127.0.0.1:11434', port: 11_434, program: 'nginx', pid: 4242, owner: 'root', silent: false },
    evidence: ['GET / answered 200, not Ollama (Server: nginx)'],
    remedies: [
      { id: 'move-ollama', params: { port: 11_435 }, kind: 'action', command: ['env', 'OLLAMA_HOST=127.0.0.1:11435', 'ollama', 'serve'] },
    ],
  },
  elsewhere: {
    code: 'connection.listening-elsewhere', severity: 'problem', link: 'connection',
    params: { url: 'http://127.0.0.1:11500', source: 'settings', answersAt: 'http://127.0.0.1:11434' }, evidence: [],
    remedies: [{ id: 'use-address', params: { url: 'http://127.0.0.1:11434' }, kind: 'action' }],
  },
  noModel: {
    code: 'models.none-installed', severity: 'problem', link: 'models', params: {}, evidence: ['GET /api/tags: 0 models'],
    remedies: [
      { id: 'download-model', params: { name: 'qwen3.5:4b' }, kind: 'action', command: ['ollama', 'pull', 'qwen3.5:4b'] },
      { id: 'choose-model', params: {}, kind: 'action' },
    ],
  },
  noTools: {
    code: 'models.none-with-tools', severity: 'problem', link: 'models', params: { count: 2 },
    evidence: ['gemma3:4b: completion, vision', 'tinyllama:latest: completion'],
    remedies: [
      { id: 'download-model', params: { name: 'qwen3.5:4b' }, kind: 'action', command: ['ollama', 'pull', 'qwen3.5:4b'] },
      { id: 'choose-model', params: {}, kind: 'action' },
    ],
  },
  ollamaOff: {
    code: 'settings.ollama-off', severity: 'problem', link: 'settings', params: {},
    evidence: ['no OLLAMA_API_KEY in .env, env.vars or the service', 'no models.providers.ollama'],
    remedies: [
      { id: 'use-model', params: { name: 'qwen3:8b' }, kind: 'action', command: ['pincer', 'use', 'qwen3:8b'] },
      { id: 'choose-model', params: {}, kind: 'action' },
    ],
  },
  unreadable: {
    code: 'settings.unreadable', severity: 'problem', link: 'settings',
    params: { path: FILE, line: 12, column: 18, text: '      maxTokens: 8192 * 10', reason: null },
    evidence: ['expected , or } at 12:18'],
    remedies: [{ id: 'edit-file', params: { path: FILE }, kind: 'manual' }],
  },
  fallbackMissing: {
    code: 'settings.model-not-installed', severity: 'warning', link: 'settings',
    params: { name: 'mistral:latest', primary: false }, evidence: ['agents.defaults.model.fallbacks[0]'],
    remedies: [{ id: 'download-model', params: { name: 'mistral:latest' }, kind: 'action' }],
  },
  gatewayNotAtLogin: {
    code: 'openclaw.gateway-not-at-login', severity: 'note', link: 'openclaw', params: {},
    evidence: ['OpenClaw\u2019s own service is not installed'],
    remedies: [{ id: 'gateway-at-login', params: {}, kind: 'action' }],
  },
  gatewayDidNotStart: {
    code: 'openclaw.gateway-did-not-start', severity: 'warning', link: 'openclaw', params: { port: 18_789 },
    evidence: ['nothing listens on port 18789'],
    remedies: [{ id: 'start-gateway', params: {}, kind: 'action', command: ['openclaw', 'gateway', 'run'] }],
  },
  gatewayElsewhere: {
    code: 'openclaw.elsewhere', severity: 'problem', link: 'openclaw',
    params: { container: null, distribution: null, contained: false, forwarded: false, remote: 'nas.local:18789', port: 18_789 },
    evidence: ['gateway.mode is remote'],
    remedies: [{
      id: 'configure-elsewhere', kind: 'manual',
      params: {
        url: 'http://192.168.7.3:11434', port: 11_434, way: 'network',
        text: '{ models: { providers: { ollama: { baseUrl: "http://192.168.7.3:11434", api: "ollama", apiKey: "ollama-local" } } } }',
      },
    }],
  },
  gatewayStopped: {
    code: 'openclaw.gateway-stopped', severity: 'note', link: 'openclaw', params: { port: 18_789 },
    evidence: ['nothing listens on port 18789'],
    remedies: [{ id: 'start-gateway', params: {}, kind: 'action', command: ['openclaw', 'gateway', 'run'] }],
  },
  noOpenclaw: {
    code: 'openclaw.not-installed', severity: 'problem', link: 'openclaw', params: { stateFolder: false, unasked: null },
    evidence: ['no openclaw on PATH or in 6 places'],
    remedies: [{ id: 'install-openclaw', params: {}, kind: 'action' }, { id: 'get-openclaw', params: {}, kind: 'link' }],
  },
} satisfies Record<string, Finding>;

const refused = failureOf(
  { code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } },
  'tcp connect error: Connection refused (os error 111)',
);
/** The same diagnosis, its first three stations not judged. */
function unsure(path: Diagnosis): Diagnosis {
  return { ...path, path: path.path.map((station, at) => (at < 3 ? { ...station, state: 'unknown' } : station)) };
}

const openclaw = {
  program: '/home/ada/.npm/bin/openclaw', version: '2026.9.6', gateway: 'none', proof: null, behind: false, sees: null,
} as const satisfies OpenclawState;

/** qwen3:8b answered through OpenClaw. */
export const proof: Proof = {
  at: Date.UTC(2026, 2, 14, 9, 12), model: 'qwen3:8b', outcome: { code: 'answered', params: { words: 'Hello, I can hear you.' } },
  seconds: 41.2, evidence: [],
};

/** What OpenClaw sees of the models, with every reason why it does not see one. */
export const sees: Sees = {
  seen: ['qwen3:8b', 'qwen3.5:9b', 'mistral:latest'],
  unseen: [
    { name: 'gemma3:4b', why: 'no-tools' },
    { name: 'kimi-k2:1t-cloud', why: 'not-listed' },
    { name: 'old-import:latest', why: 'unexplained' },
    { name: 'nomic-embed-text:latest', why: 'embedding' },
  ],
};

/** Whole situations, for tests and for a look. */
export const worlds = {
  checking: {},
  well: {
    path: diagnosis([]), models: modelsState(mixed), settings: settingsState({ lastChange }), openclaw, pulls: [],
  },
  /** OpenClaw runs meanwhile. */
  running: {
    path: diagnosis([]), models: modelsState(mixed), settings: settingsState({ lastChange }), pulls: [],
    openclaw: { ...openclaw, gateway: 'answers' },
  },
  /** And the chosen model answered through it. */
  proven: {
    path: diagnosis([]), models: modelsState(mixed), settings: settingsState({ lastChange }), pulls: [],
    openclaw: { ...openclaw, gateway: 'answers', proof, sees },
  },
  /** All is set, and its gateway does not run. */
  gatewayStopped: {
    path: diagnosis([findings.gatewayStopped]), models: modelsState(mixed), settings: settingsState(), openclaw, pulls: [],
  },
  warned: {
    path: diagnosis([findings.fallbackMissing]), models: modelsState(mixed.slice(0, 2)), settings: settingsState(), openclaw,
  },
  stopped: {
    path: diagnosis([findings.notRunning]), settings: settingsState(), openclaw,
    models: modelsState(mixed.slice(0, 4), { serverVersion: null, problem: refused }),
  },
  bare: {
    path: diagnosis([findings.notInstalled, findings.noOpenclaw]), settings: { ...settingsOff, exists: false },
    models: modelsState([], { serverVersion: null, problem: refused }), openclaw: { ...openclaw, program: null, version: null },
  },
  occupied: {
    path: diagnosis([findings.otherProgram]), settings: settingsState(), openclaw,
    models: modelsState([], {
      serverVersion: null,
      problem: failureOf({ code: 'ollama.not-ollama', params: { url: 'http://127.0.0.1:11434' } }),
    }),
  },
  starting: {
    path: unsure(diagnosis([findings.starting])), models: modelsState([], { serverVersion: null, problem: refused }),
    settings: settingsState(), openclaw,
  },
  crashing: { path: diagnosis([findings.crashing]), settings: settingsState(), openclaw, models: modelsState([]) },
  silent: { path: diagnosis([findings.silent]), settings: settingsState(), openclaw, models: modelsState([]) },
  /** The restart was refused once. */
  tried: {
    path: diagnosis([findings.silent, findings.ollamaOff]), settings: settingsOff, openclaw, models: modelsState([]),
    remedies: [{
      remedy: { id: 'restart-ollama', params: { way: 'service' } }, phase: 'failed', since: Date.UTC(2026, 2, 14, 9, 30),
      failure: failureOf({ code: 'start.dismissed', params: { command: 'pkexec systemctl restart ollama' } }, 'Request dismissed'),
    }],
    look: { at: Date.UTC(2026, 2, 14, 9, 30, 12) },
  },
  waking: {
    path: diagnosis([findings.notRunning]), settings: settingsState(), openclaw, models: modelsState([]),
    remedies: [{ remedy: { id: 'start-ollama', params: {} }, phase: 'waking', since: Date.UTC(2026, 2, 14, 9, 30), failure: null }],
    look: { at: Date.UTC(2026, 2, 14, 9, 30, 12) },
  },
  mended: {
    path: diagnosis([findings.fallbackMissing]), settings: settingsState(), openclaw, models: modelsState(mixed),
    remedies: [{ remedy: { id: 'start-ollama', params: {} }, phase: 'done', since: Date.UTC(2026, 2, 14, 9, 30), failure: null }],
    look: { at: Date.UTC(2026, 2, 14, 9, 30, 12) },
  },
  /** The cheap checks are done, the slower ones run. */
  partly: {
    path: { ...unsure(diagnosis([findings.ollamaOff])), checking: ['engine', 'connection'] },
    settings: settingsOff, openclaw, models: modelsState([]),
  },
  elsewhere: { path: diagnosis([findings.elsewhere]), settings: settingsState(), openclaw, models: modelsState([]) },
  empty: { path: diagnosis([findings.noModel, findings.ollamaOff]), settings: settingsOff, openclaw, models: modelsState([]) },
  chatters: {
    path: diagnosis([findings.noTools, findings.ollamaOff]), settings: settingsOff, openclaw,
    models: modelsState(mixed.filter((one) => one.verdict === 'chat-only')),
  },
  unset: { path: diagnosis([findings.ollamaOff]), settings: settingsOff, openclaw, models: modelsState(mixed) },
  unreadable: {
    path: diagnosis([findings.unreadable]), openclaw, models: modelsState(mixed),
    settings: {
      ...settingsOff,
      problem: failureOf({
        code: 'settings.unreadable',
        params: { path: FILE, line: 12, column: 18, text: '      maxTokens: 8192 * 10' },
      }),
    },
  },
  downloading: {
    path: diagnosis([findings.noModel, findings.ollamaOff]), settings: settingsOff, openclaw, models: modelsState([]),
    pulls: [
      pullOf('qwen3.5:4b', 'downloading', 0.37, 3_389_000_000),
      pullOf('gemma4', 'starting'),
      { ...pullOf('llama3.3', 'failed', 0.1, 43e9), failure: failureOf({ code: 'pull.disk-full', params: { needBytes: 38.7e9, freeBytes: 12e9, roomBytes: null, folder: '/usr/share/ollama/.ollama/models', moving: 'linux-service' } }, 'write /usr/share/ollama/.ollama/models/blobs/sha256-4824-partial: no space left on device') },
      pullOf('qwen3:8b', 'done', 1, 5_225_388_164),
    ],
  },
  pulls: {
    path: diagnosis([]), models: modelsState(mixed), openclaw, pulls: everyState,
    settings: settingsState({ listed: ['qwen3:8b', 'qwen3.5:9b'] }),
  },
  failures: { path: diagnosis([]), models: modelsState(mixed), openclaw, pulls: everyFailure, settings: settingsState() },
  many: {
    path: diagnosis([]), settings: settingsState(), openclaw,
    models: modelsState([
      ...mixed,
      ...Array.from({ length: 192 }, (_, at) => model(`experiment-${at + 1}:${at % 2 ? '8b' : '14b'}`)),
    ]),
  },
} satisfies Record<string, World>;

/** A report, shorter than a real one. */
export const report = `Pincer report
Keys, names of people and of other computers, and the home folder are left out of it.

Made: 2026-03-14 09:30 UTC
Pincer: 0.1.0
System: Linux (Debian GNU/Linux 12), kernel 6.18.44, x86_64

Path
----
engine: broken
connection: waiting

Findings
--------
problem: engine.not-running (engine)
  url: http://127.0.0.1:11434
  program: ~/.local/bin/ollama
  seen: http://127.0.0.1:11434: error sending request for url (http://127.0.0.1:11434/): client error (Connect): tcp connect error: Connection refused (os error 111)
  offered: start-ollama

OpenClaw
--------
Version: 2026.9.6
Settings file: ~/.openclaw/openclaw.json
apiKey: set
`;
