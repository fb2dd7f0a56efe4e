import { describe, expect, test, vi } from 'vitest';
import { asFailure } from '../src/lib/backend/backend';
import { FakeBackend, diagnosis, failureOf, pullOf } from '../src/lib/backend/fake';
import { chatOnly, findings, mixed, model, worlds } from '../src/lib/backend/samples';
import { groups, isHere, ollamaId, plainName, sameModel, splitName } from '../src/lib/models';
import { Change } from '../src/lib/state/change.svelte';
import { Live } from '../src/lib/state/live.svelte';
import { Preferences } from '../src/lib/state/preferences.svelte';
import { PullTeller } from '../src/lib/state/progress';
import { language } from '../src/lib/words/words.svelte';

describe('live', () => {
  test('takes each slice and derives the problems', () => {
    const live = new Live();
    live.take({ revision: 1, slice: 'path', state: diagnosis([findings.notRunning, findings.fallbackMissing]) });
    expect(live.problems.map((finding) => finding.code)).toEqual(['engine.not-running']);
    expect(live.notes.map((finding) => finding.code)).toEqual(['settings.model-not-installed']);
  });

  test('leaves old news of a slice', () => {
    const live = new Live();
    live.take({ revision: 7, slice: 'pulls', state: [pullOf('a', 'done')] });
    live.take({ revision: 6, slice: 'pulls', state: [] });
    live.take({ revision: 5, slice: 'openclaw', state: { program: null, version: '1', gateway: 'none', proof: null, behind: false, sees: null } });
    expect(live.pulls).toHaveLength(1);
    expect(live.openclaw?.version).toBe('1');
  });

  test('says so when it cannot listen', async () => {
    const backend = new FakeBackend();
    backend.failing.set('subscribe', failureOf({ code: 'internal', params: {} }, 'gone'));
    const live = new Live();
    await live.follow(backend);
    expect(live.lost?.detail).toBe('gone');
  });
});

describe('failures', () => {
  test('pass as they are; anything else is a fault of our own', () => {
    const failure = failureOf({ code: 'undo.nothing', params: {} });
    expect(asFailure(failure)).toBe(failure);
    expect(asFailure(new Error('boom'))).toEqual({ code: 'internal', params: {}, detail: 'Error: boom' });
    expect(asFailure('x').code).toBe('internal');
    expect(asFailure(null).code).toBe('internal');
  });
});

describe('a change', () => {
  test('asks for every ready model too, then writes what was shown', async () => {
    const backend = new FakeBackend(structuredClone(worlds.unset));
    const change = new Change(backend);
    await change.use('qwen3:8b');
    expect(backend.calls).toEqual([
      { name: 'previewUse', value: {
        primary: 'qwen3:8b', fallbacks: null, models: [], allReady: true, context: null, mode: null, address: null,
        listed: null, localOnly: false,
      } },
    ]);
    expect(change.shown?.preview.primary).toBe('ollama/qwen3:8b');
    await change.apply();
    expect(change.shown).toBeNull();
    expect(change.done?.kind).toMatchObject({ kind: 'settings', params: { effects: [{ code: 'connect' }, { code: 'model' }, { code: 'list-added' }] } });
  });

  test('keeps the preview when it could not be written, and shows a new one when asked', async () => {
    const backend = new FakeBackend(structuredClone(worlds.unset));
    const change = new Change(backend);
    await change.use('qwen3:8b');
    backend.failing.set('apply', failureOf({ code: 'settings.preview-gone', params: {} }));
    await change.apply();
    expect(change.failure?.code).toBe('settings.preview-gone');
    expect(change.shown).not.toBeNull();
    await change.again();
    expect(change.failure).toBeNull();
    expect(backend.calls.filter((call) => call.name === 'previewUse')).toHaveLength(2);
  });

  test('does one thing at a time', async () => {
    const backend = new FakeBackend(structuredClone(worlds.unset));
    const change = new Change(backend);
    await Promise.all([change.use('qwen3:8b'), change.use('mistral:latest')]);
    expect(backend.calls).toHaveLength(1);
  });
});

describe('downloads are told', () => {
  test('at the start, every 10 %, and at the end', () => {
    const teller = new PullTeller();
    const said: string[] = [];
    for (let step = 0; step <= 100; step += 1) {
      const words = teller.hear([pullOf('m', 'downloading', step / 100, 1000)]);
      if (words !== null) said.push(words);
    }
    const end = teller.hear([pullOf('m', 'done', 1, 1000)]);
    expect(said[0]).toBe('The download of m has started.');
    expect(said.slice(1)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((at) => `m: ${at}% downloaded.`));
    expect(end).toBe('m is downloaded.');
    expect(teller.hear([pullOf('m', 'done', 1, 1000)])).toBeNull();
  });

  test('again after they left the list', () => {
    const teller = new PullTeller();
    teller.hear([pullOf('m', 'failed')]);
    teller.hear([]);
    expect(teller.hear([pullOf('m', 'failed')])).toBe('The download of m failed.');
  });
});

describe('models', () => {
  test('are grouped in order, empty groups left out', () => {
    expect(groups(mixed).map((group) => [group.verdict, group.models.length])).toEqual([
      ['ready', 3], ['chat-only', 2], ['cloud', 1], ['unknown', 1], ['embedding', 1],
    ]);
    expect(groups([chatOnly('a'), model('b')]).map((group) => group.verdict)).toEqual(['ready', 'chat-only']);
  });

  test.each([
    ['llama3.3', 'llama3.3:latest', true],
    ['Qwen3:8B', 'qwen3:8b', true],
    ['qwen3:8b', 'qwen3:14b', false],
    ['localhost:5000/a', 'localhost:5000/a:latest', true],
  ])('%s and %s are one: %s', (one, other, same) => {
    expect(sameModel(one, other)).toBe(same);
  });

  test('names split at the tag, not at a port', () => {
    expect(splitName('qwen3:8b')).toEqual(['qwen3', ':8b']);
    expect(splitName('localhost:5000/a')).toEqual(['localhost:5000/a', '']);
    expect(splitName('hf.co/org/repo:Q4_K_M')).toEqual(['hf.co/org/repo', ':Q4_K_M']);
  });

  test('are Ollama’s only with its prefix', () => {
    expect(ollamaId('ollama/qwen3:8b')).toBe('qwen3:8b');
    expect(ollamaId('anthropic/claude')).toBeNull();
    expect(plainName('anthropic/claude')).toBe('anthropic/claude');
  });

  test.each([
    ['http://127.0.0.1:11434', true],
    ['http://localhost:11434', true],
    ['http://[::1]:11434', true],
    ['http://192.168.1.4:11434', false],
    ['', false],
  ])('%s is here: %s', (url, here) => {
    expect(isHere(url)).toBe(here);
  });
});

describe('preferences', () => {
  test('follow the system until something is chosen, and remember it', async () => {
    const backend = new FakeBackend();
    const preferences = new Preferences(backend);
    await preferences.open();
    preferences.heard('fr-FR');
    expect(language()).toBe('fr');
    preferences.setLanguage('en');
    preferences.setTheme('dark');
    preferences.setText('very-large');
    preferences.setNotify(false);
    const { lang, dataset } = document.documentElement;
    expect([language(), lang, dataset.theme, dataset.text]).toEqual(['en', 'en', 'dark', 'very-large']);

    const later = new Preferences(backend);
    later.heard('fr-FR');
    await later.open();
    expect([language(), later.theme, later.text, later.notify]).toEqual(['en', 'dark', 'very-large', false]);
    later.setLanguage('system');
    later.setTheme('system');
    later.setText('usual');
    expect([language(), document.documentElement.dataset.theme, document.documentElement.dataset.text]).toEqual(['fr', undefined, undefined]);
    expect(backend.kept.chosen).toEqual({ language: null, theme: null, text: null, notify: false });
  });

  test('take a language of another Pincer for none', async () => {
    const backend = new FakeBackend();
    backend.kept.chosen.language = 'xx';
    const preferences = new Preferences(backend);
    await preferences.open();
    expect(preferences.language).toBe('system');
  });

  test('count although they cannot be kept, and say so', async () => {
    const backend = new FakeBackend();
    const failure = failureOf({ code: 'file.locked', params: { path: '/p' } });
    backend.failing.set('keepPreferences', failure).set('preferences', failure);
    const preferences = new Preferences(backend);
    await preferences.open();
    preferences.setTheme('light');
    expect(document.documentElement.dataset.theme).toBe('light');
    await vi.waitFor(() => expect(preferences.failure).toEqual(failure));
    preferences.setTheme('dark');
    await vi.waitFor(() => expect(preferences.failure).toBeNull());
  });
});
