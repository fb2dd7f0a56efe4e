// Sample situations of the Models screen: every group, every way of knowing, checks under way and ended, very many.

import type { World } from './fake';
import { diagnosis, failureOf } from './fake-states';
import { catalogue, chatOnly, model, modelsState, settingsState } from './samples';
import type { Checked } from './types/Checked';
import type { CheckOutcome } from './types/CheckOutcome';
import type { Fit } from './types/Fit';

const openclaw = { program: '/home/ada/.npm/bin/openclaw', version: '2026.9.6', gateway: 'none', proof: null, behind: false, sees: null } as const;
/** When the remembered checks were. */
const CHECKED_AT = Date.UTC(2026, 2, 13, 18, 5);

/** What a check showed, with what differs. */
export function checked(outcome: CheckOutcome, change: Partial<Checked> = {}): Checked {
  return {
    at: CHECKED_AT, outcome, firstTokenSeconds: 3.24, seconds: 12.4, tokensPerSecond: 31.4, contextRunning: 32_768,
    onGraphicsCard: 1, ...change,
  };
}

const unmeasured = {
  firstTokenSeconds: null, tokensPerSecond: null, contextRunning: null, onGraphicsCard: null,
} satisfies Partial<Checked>;

/** Every outcome of a check. */
export const outcomes: Checked[] = [
  checked({ code: 'called-tool', params: {} }),
  checked({ code: 'call-as-text', params: {} }),
  checked({ code: 'no-call', params: {} }),
  checked({ code: 'no-tools', params: {} }, { ...unmeasured, seconds: 0.2 }),
  checked({ code: 'not-enough-memory', params: { needBytes: 43_200_000_000, haveBytes: 21_400_000_000 } }, { ...unmeasured, seconds: 4 }),
  checked({ code: 'runner-missing', params: {} }, { ...unmeasured, seconds: 0.1 }),
  checked({ code: 'cpu-unsupported', params: {} }, { ...unmeasured, seconds: 2 }),
  checked({ code: 'busy', params: {} }, { ...unmeasured, seconds: 60 }),
  checked({ code: 'sign-in', params: {} }, { ...unmeasured, seconds: 0.3 }),
  checked({ code: 'cut-off', params: {} }, { ...unmeasured, seconds: 90, contextRunning: 16_384, onGraphicsCard: 0 }),
  checked({ code: 'too-slow', params: {} }, { ...unmeasured, seconds: 600, contextRunning: 32_768, onGraphicsCard: 0 }),
  checked(
    { code: 'failed', params: { failure: failureOf({ code: 'ollama.cut-off', params: { url: 'http://127.0.0.1:11434' } }, 'unexpected end of file') } },
    { ...unmeasured, seconds: 8 },
  ),
];

/** A computer with a graphics card of 12 GB. */
function fit(verdict: Fit['verdict'], basis: Fit['basis'], needGigabytes: number | null, runsOn: Fit['runsOn']): Fit {
  const said = needGigabytes !== null;
  return {
    verdict, basis, context: 32_768, needBytes: said ? needGigabytes * 1e9 : null, memoryBytes: said ? 45e9 : null,
    graphicsBytes: said ? 12e9 : null, runsOn,
  };
}

const unseen = fit('unknown', 'remote', null, null);
const online = fit('unknown', 'online', null, null);
const HOUR = 3_600_000;

/** Models of every group; `now` (milliseconds since 1970) is when those in memory are. */
function everyGroup(now: number) {
  return [
    model('qwen3.5:9b', {
      input: ['text', 'image'], contextWindow: 262_144, sizeBytes: 6_594_474_711, askedContext: 32_768,
      fit: fit('fits', 'measured', 10.8, 'graphics'), checked: checked({ code: 'called-tool', params: {} }),
      inMemory: { sizeBytes: 10_800_000_000, onGraphicsCard: 1, context: 32_768, until: now + 4 * 60_000 },
    }),
    model('qwen3:8b', { fit: fit('fits', 'estimated', 9.9, 'graphics'), askedContext: 32_768 }),
    model('gpt-oss:20b', {
      contextWindow: 131_072, sizeBytes: 13_780_173_839, fit: fit('tight', 'estimated', 17.6, 'both'),
      inMemory: { sizeBytes: 17_600_000_000, onGraphicsCard: 0.62, context: 4096, until: now + 500 * 365 * 24 * HOUR },
    }),
    model('hf.co/bartowski/Very-Long-Organisation-Model-Instruct-GGUF:Q4_K_M', {
      reasoning: false, contextWindow: 32_768, fit: fit('fits', 'guessed', 8.1, 'graphics'),
      checked: checked({ code: 'no-call', params: {} }),
    }),
    model('mistral:latest', {
      reasoning: false, contextWindow: 32_768, sizeBytes: 4_113_301_824, weak: true, group: 'often-fails',
      better: 'qwen3:8b', fit: fit('fits', 'estimated', 7.7, 'graphics'),
    }),
    model('llama3.1:8b', {
      reasoning: false, contextWindow: 131_072, sizeBytes: 4_920_753_328, weak: true, group: 'often-fails',
      better: 'qwen3.5:4b', fit: fit('fits', 'estimated', 9.4, 'graphics'),
      checked: checked({ code: 'call-as-text', params: {} }),
    }),
    chatOnly('gemma3:4b', { input: ['text', 'image'], contextWindow: 131_072, sizeBytes: 3_338_801_804, fit: fit('fits', 'estimated', 6, 'graphics') }),
    chatOnly('tinyllama:latest', { contextWindow: 2048, sizeBytes: 637_700_138, fit: fit('fits', 'estimated', 2.3, 'graphics') }),
    model('llama3.3:70b', {
      reasoning: false, contextWindow: 131_072, sizeBytes: 42_520_412_561, group: 'too-big', weak: true,
      fit: fit('too-big', 'estimated', 54.7, 'processor'),
    }),
    model('kimi-k2:1t-cloud', { verdict: 'cloud', reasoning: false, contextWindow: 262_144, sizeBytes: 384, fit: online }),
    model('old-import:latest', {
      verdict: 'unknown', reason: 'show-failed', capabilities: [], tools: null, reasoning: null, contextWindow: 8192,
      contextKnown: false, sizeBytes: 1_928_429_856, fit: fit('fits', 'guessed', 4.1, 'graphics'),
    }),
    model('nomic-embed-text:latest', {
      verdict: 'embedding', capabilities: ['embedding'], tools: false, reasoning: false, contextWindow: 2048,
      sizeBytes: 274_302_450, fit: fit('fits', 'estimated', 1.8, 'graphics'),
    }),
  ];
}

const cards = [{ name: 'GeForce RTX 3060', totalBytes: 12e9 }];
const memory = { totalBytes: 33e9, graphics: cards, unified: false };
const settings = settingsState({
  primary: 'ollama/qwen3.5:9b', fallbacks: ['ollama/qwen3:8b'], listed: ['qwen3.5:9b', 'qwen3:8b', 'gpt-oss:20b'],
});
const now = Date.now();

/** Situations by name. */
export const modelWorlds = {
  groups: { path: diagnosis([]), settings, openclaw, pulls: [], models: modelsState(everyGroup(now), { memory }) },
  trying: {
    path: diagnosis([]), settings, openclaw, models: modelsState(everyGroup(now), { memory }),
    checks: [
      { model: 'qwen3:8b', phase: 'loading', since: now - 42_000, result: null },
      { model: 'gpt-oss:20b', phase: 'queued', since: now - 35_000, result: null },
      { model: 'qwen3.5:9b', phase: 'ended', since: now - HOUR, result: checked({ code: 'called-tool', params: {} }, { at: now }) },
      { model: 'mistral:latest', phase: 'cancelled', since: now - HOUR, result: null },
    ],
  },
  outcomes: {
    path: diagnosis([]), settings, openclaw,
    models: modelsState(outcomes.map((one) => model(`${one.outcome.code}:8b`, { checked: one }))),
  },
  remote: {
    path: diagnosis([], { url: 'http://192.168.1.20:11434', source: 'settings' }), settings, openclaw,
    models: modelsState(
      [
        model('qwen3:8b', { fit: unseen }),
        model('qwen3.5:9b', {
          fit: { ...unseen, verdict: 'fits', basis: 'measured', runsOn: 'graphics' },
          checked: checked({ code: 'called-tool', params: {} }),
        }),
      ],
      { host: 'http://192.168.1.20:11434', remote: true, memory: null },
    ),
  },
  thousand: {
    path: diagnosis([]), settings: settingsState({ primary: 'ollama/experiment-777:8b', fallbacks: [] }), openclaw,
    models: modelsState(
      Array.from({ length: 1000 }, (_, at) => {
        const id = `experiment-${at + 1}:${at % 2 ? '14b' : '8b'}`;
        if (at % 3 === 0) return chatOnly(id);
        return model(id, at % 5 === 0 ? { group: 'too-big', fit: fit('too-big', 'estimated', 60, 'processor') } : {});
      }),
      { catalogue },
    ),
  },
} satisfies Record<string, World>;
