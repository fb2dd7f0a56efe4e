import { describe, expect, test } from 'vitest';
import { findings } from '../src/lib/backend/samples';
import type { Finding } from '../src/lib/backend/types/Finding';
import type { Effect } from '../src/lib/backend/types/Effect';
import { causeTitle, causeWhy, failureText, remedyHow, warningText } from '../src/lib/words/causes';
import { receiptText, sentence } from '../src/lib/words/effects';
import { bytes, duration, integer, moment, percent, progress, speed, stopwatch, wordsOfTokens } from '../src/lib/words/format';
import { inert, languageOf, languages, list, plural, setLanguage, t, type Key } from '../src/lib/words/words.svelte';

describe('t', () => {
  test('fills in placeholders: tokens in groups of digits, ports as they are', () => {
    expect(t('remedy.move-ollama.how', { port: 11_435 })).toContain('Port 11435 is free');
    expect(t('remedy.set-context', { tokens: 32_768 })).toBe('Use conversations of 32,768 tokens');
    expect(t('finding.settings.context-too-large.why', { name: 'a', tokens: 131_072, fits: 32_768 })).toContain('With 32,768 tokens it should fit');
  });

  test('does not fill in what a value brings along', () => {
    expect(t('remedy.use-model', { name: '{url}', url: 'x' })).toBe('Set OpenClaw up with {url}');
  });

  test('takes the words without a value where it is missing', () => {
    expect(t('error.model.not-installed', { name: 'a', nearest: [] })).toBe('Ollama does not have a. Download it first.');
    expect(t('error.model.not-installed', { name: 'a', nearest: ['b', 'c'] })).toContain('Perhaps you meant b or c');
  });

  test('shows a key that there is not as it is', () => {
    expect(t('finding.of-a-newer-version.title' as Key)).toBe('finding.of-a-newer-version.title');
  });

  test('counts by the language', () => {
    expect(plural('models.count', 1)).toBe('1 model in Ollama');
    expect(plural('models.count', 0)).toBe('0 models in Ollama');
    setLanguage('fr');
    expect(plural('models.count', 0)).toBe('0 modèle dans Ollama');
    expect(plural('models.count', 1_000_000)).toContain('modèles');
  });

  test('knows the language of a tag', () => {
    expect(['fr', 'fr-CA', 'FR_fr', 'fr_FR.UTF-8', 'en-GB', 'fro', ''].map(languageOf)).toEqual(['fr', 'fr', 'fr', 'fr', 'en', 'en', 'en']);
    // One who reads Traditional Chinese is nearer to Simplified than to English.
    for (const tag of ['zh', 'zh-CN', 'zh-Hans', 'zh_SG', 'zh_CN.UTF-8', 'zh-TW', 'zh-Hant-HK']) expect(languageOf(tag)).toBe('zh-CN');
  });
});

describe('causes', () => {
  test('name the program, or say that it is another one', () => {
    const { otherProgram } = findings;
    expect(causeTitle(otherProgram)).toBe('nginx uses Ollama’s place');
    expect(causeTitle({ ...otherProgram, params: { ...otherProgram.params, program: null } })).toBe(
      'Another program uses Ollama’s place',
    );
  });

  test('say that a program is silent, that a proxy or a variable is only here, that nothing listens', () => {
    const { otherProgram } = findings;
    const of = (code: string, params: object) => causeWhy({ ...otherProgram, code, params: { ...otherProgram.params, ...params } } as unknown as Finding);
    expect(causeWhy(otherProgram)).toContain('Something answers');
    expect(of('connection.other-program', { silent: true })).toContain('and says nothing');
    const proxy = { variable: 'HTTP_PROXY' };
    expect(of('connection.proxy-intercepts', { ...proxy, here: false })).not.toContain('set here');
    expect(of('connection.proxy-intercepts', { ...proxy, here: true })).toContain('HTTP_PROXY is set here, not for OpenClaw’s service');
    const https = { source: 'settings', plain: null };
    expect(of('connection.https-on-http', { ...https, refused: true })).toContain('nothing listens there');
    const variable = { variable: 'OLLAMA_API_KEY', address: false, here: false, starts: false };
    expect(of('settings.env-missing', variable)).toContain('may not start');
    expect(of('settings.env-missing', { ...variable, address: true })).toContain('no address of Ollama’s');
    expect(of('settings.env-missing', { ...variable, starts: true })).toContain('only warns');
    expect(of('settings.env-missing', { ...variable, here: true, starts: true })).toContain('programs started by hand');
  });

  test('say where an address comes from in words', () => {
    expect(causeWhy(findings.elsewhere)).toContain('(from OpenClaw’s settings)');
  });

  test('say line and column, else the reason, else only what it is', () => {
    const { unreadable } = findings;
    const why = (params: { line?: number; column?: number; reason?: 'permission' }) =>
      causeWhy({ ...unreadable, params: { ...unreadable.params, ...params } } as Finding);
    expect(why({})).toContain('line 12, column 18');
    expect(why({ line: 0, column: 0, reason: 'permission' })).toContain('the system does not allow it');
    expect(why({ line: 0, column: 0 })).toContain('JSON5');
  });

  test('tell a folder without a program from nothing at all', () => {
    const here: Finding = { ...findings.noOpenclaw, params: { stateFolder: true, unasked: null } };
    expect(causeWhy(here)).toContain('Its folder is here');
    expect(causeWhy(findings.noOpenclaw)).not.toContain('Its folder is here');
    const unasked: Finding = { ...findings.noOpenclaw, params: { stateFolder: true, unasked: 'docker' } };
    expect(causeWhy(unasked)).toContain('docker is here and does not answer');
  });

  test('tell a guessed context from a small one', () => {
    const small = { name: 'm', tokens: 12_000, guessed: false };
    expect(warningText({ code: 'context-small', params: small })).toContain('12,000 tokens');
    expect(warningText({ code: 'context-small', params: { ...small, guessed: true } })).toContain('did not say');
  });

  test('say what the automatic way does to conversations', () => {
    const words = (tokens: number | null, maximum: boolean) =>
      warningText({ code: 'automatic-context', params: { tokens, maximum } });
    expect(words(32_768, false)).toContain('32,768 tokens');
    expect(words(null, false)).toContain('Ollama’s own default');
    expect(words(null, true)).toContain('whatever the memory');
    expect(warningText({ code: 'automatic-offers-more', params: { online: true } })).toContain('online');
    expect(warningText({ code: 'automatic-offers-more', params: { online: false } })).not.toContain('online');
  });

  test('name several things with “and”', () => {
    expect(warningText({ code: 'drops-models', params: { names: ['a', 'b'] } })).toBe('These models are taken out of OpenClaw’s list: a and b.');
  });

  test('say where settings are included, or that all of them are', () => {
    const params = { path: '/o', at: 'models.providers', include: './more.json' };
    expect(failureText({ code: 'settings.included', params, detail: '' })).toContain('at models.providers');
    expect(failureText({ code: 'settings.included', params: { ...params, at: '' }, detail: '' })).toContain('takes its settings from');
  });

  test('fill in every placeholder of every sample', () => {
    for (const finding of Object.values(findings) as Finding[]) {
      const texts = [causeTitle(finding), causeWhy(finding), ...finding.remedies.map((offer) => remedyHow(offer) ?? '')];
      for (const text of texts) expect(text).not.toMatch(/\{\w+\}|null|undefined/);
    }
  });

  test('say a failure without Ollama’s own message too', () => {
    const params = { url: 'u', status: 500, message: '' };
    expect(failureText({ code: 'ollama.status', params, detail: '' })).toContain('(500) and gave no reason');
  });
});

describe('what a change changes', () => {
  const model: Effect = { code: 'model', params: { name: 'qwen3:8b', before: null } };
  const added: Effect = { code: 'list-added', params: { names: ['a', 'b'] } };
  const removed: Effect = { code: 'list-removed', params: { names: ['c'] } };

  test('is one sentence', () => {
    expect(sentence([], 'will')).toBeNull();
    expect(sentence([model, added], 'will')).toBe('qwen3:8b becomes OpenClaw’s model, and 2 models are added to OpenClaw’s list');
    expect(sentence([model, added, removed], 'did')).toBe(
      'qwen3:8b became OpenClaw’s model, 2 models were added to OpenClaw’s list, and c was taken out of OpenClaw’s list',
    );
    setLanguage('fr');
    expect(sentence([model, added, removed], 'did')).toBe(
      'qwen3:8b est devenu le modèle d’OpenClaw, 2 modèles sont entrés dans la liste d’OpenClaw, et c est sorti de la liste d’OpenClaw',
    );
    setLanguage('zh-CN');
    expect(sentence([model, added, removed], 'did')).toBe(
      'qwen3:8b 已成为 OpenClaw 的主模型，2 个模型已加入 OpenClaw 的模型列表，c 已从 OpenClaw 的模型列表中移除',
    );
  });

  const all: Effect[] = [
    model, added, removed,
    { code: 'model', params: { name: 'a', before: 'x/y' } },
    { code: 'connect', params: { mode: 'pinned' } }, { code: 'connect', params: { mode: 'automatic' } },
    { code: 'mode', params: { mode: 'pinned' } }, { code: 'mode', params: { mode: 'automatic' } },
    { code: 'fallbacks', params: { names: ['a'] } }, { code: 'fallbacks', params: { names: ['a', 'x/y'] } },
    { code: 'fallbacks-order', params: { names: ['a', 'b'] } }, { code: 'fallbacks-gone', params: {} },
    { code: 'address', params: { url: 'http://nas:11434' } },
    { code: 'list-added', params: { names: ['a'] } }, { code: 'list-removed', params: { names: ['a', 'b'] } },
    { code: 'context', params: { names: ['a'], tokens: 65_536 } }, { code: 'context', params: { names: ['a', 'b'], tokens: 65_536 } },
    { code: 'context', params: { names: ['a', 'b'], tokens: null } },
    { code: 'numbers', params: { names: ['a'] } }, { code: 'numbers', params: { names: ['a', 'b'] } },
    { code: 'key', params: {} }, { code: 'in-order', params: {} },
  ];
  test.each(languages)('has words for each alone, before and after (%s)', (language) => {
    setLanguage(language);
    const said = (['will', 'did'] as const).flatMap((tense) => all.map((effect) => sentence([effect], tense) ?? ''));
    for (const words of said) expect(words).toMatch(/^[\p{Lu}\da-z]/u);
    for (const words of said) expect(words).not.toMatch(/[{}]|null|undefined|\.$/);
    expect(new Set(said).size).toBe(said.length);
  });

  test('a receipt tells it; one of an earlier version tells what it was for', () => {
    expect(receiptText({ kind: 'settings', params: { effects: [model] } })).toBe('qwen3:8b became OpenClaw’s model');
    expect(receiptText({ kind: 'settings', params: { effects: [] } })).toBe('OpenClaw’s settings for Ollama were changed');
    expect(receiptText({ kind: 'use-model', params: { name: 'a' } })).toBe('a became OpenClaw’s model');
    expect(receiptText({ kind: 'use-address', params: { url: 'u' } })).toBe('The address of Ollama became u');
  });
});

describe('formats', () => {
  const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

  test('sizes by decimal units', () => {
    expect([0, 999, 1000, 637_700_138, 5_225_388_164, 43e9, 2e15].map(bytes)).toEqual([
      '0 byte', '999 byte', '1 kB', '638 MB', '5.2 GB', '43 GB', '2,000 TB',
    ]);
    setLanguage('fr');
    expect(plain(bytes(5_225_388_164))).toBe('5,2 Go');
  });

  test('speed, share, whole numbers', () => {
    expect(speed(11_800_000)).toBe('11.8 MB/s');
    expect(percent(0.374)).toBe('37%');
    expect([0.374, 0.994, 0.995, 0.999, 1].map(progress)).toEqual(['37%', '99%', '99%', '99%', '100%']);
    expect(integer(262_144)).toBe('262,144');
    setLanguage('fr');
    expect(plain(integer(40_960))).toBe('40 960');
    expect(plain(percent(0.37))).toBe('37 %');
    setLanguage('zh-CN');
    expect([integer(40_960), percent(0.37), bytes(5_225_388_164)]).toEqual(['40,960', '37%', '5.2 GB']);
  });

  test('times as coarse as people say them', () => {
    expect([0, 59, 60, 1500, 3600, 5400].map(duration)).toEqual([
      'less than a minute', 'less than a minute', '1 minute', '25 minutes', '1 hour', '1 hour 30 minutes',
    ]);
    expect([0.42, 12, 125].map(stopwatch)).toEqual(['0.4 seconds', '12 seconds', '2 min 5 sec']);
    setLanguage('zh-CN');
    expect([duration(5400), stopwatch(125)]).toEqual(['1小时30分钟', '2分钟5秒']);
  });

  test('about how many words', () => {
    expect(wordsOfTokens(40_960)).toBe('31,000');
    // Chinese counts characters.
    setLanguage('zh-CN');
    expect(wordsOfTokens(40_960)).toBe('61,000');
  });

  test('moments and lists by the language', () => {
    const at = Date.UTC(2026, 2, 14, 12);
    expect(moment(at)).toContain('Mar 14, 2026');
    expect(list(['a', 'b', 'c'])).toBe('a, b, or c');
    setLanguage('fr');
    expect(moment(at)).toContain('14 mars 2026');
    expect(list(['a', 'b', 'c'])).toBe('a, b ou c');
    setLanguage('zh-CN');
    expect(moment(at)).toContain('2026年3月14日');
    expect(list(['a', 'b', 'c'])).toBe('a、b或c');
  });
});

describe('words from outside', () => {
  test('steer and turn nothing in a sentence', () => {
    const said = t('error.model.not-installed', { name: 'gpj.\u202eexe\u0007', nearest: ['\u2066a\u2069', 'b\u200b'] });
    expect(said).toContain('gpj.\ufffdexe\ufffd');
    expect(said).toContain('\ufffda\ufffd or b\ufffd');
    expect(inert('50\u202f% – déjà 模型 👩\u200d🔬\n')).toBe('50\u202f% – déjà 模型 👩\u200d🔬\n');
  });

  test('are text and nothing else', () => {
    const sources = import.meta.glob('../src/**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true });
    const made = /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/;
    const found = Object.entries(sources).filter(([, source]) => made.test(source as string));
    expect(Object.keys(sources).length).toBeGreaterThan(40);
    expect(found.map(([name]) => name)).toEqual([]);
  });
});
