import { expect, test, vi } from 'vitest';
import { ahead } from '../src/lib/backend/ahead';
import { failureOf, FakeBackend } from '../src/lib/backend/fake';
import { worlds } from '../src/lib/backend/samples';
import type { Update } from '../src/lib/backend/types/Update';
import { language } from '../src/lib/words/words.svelte';

test('the state, the language and its words are here before the window, and each is asked once', async () => {
  const backend = new FakeBackend(structuredClone(worlds['well'] ?? {}));
  backend.tag = 'fr-FR';
  const questions = (['subscribe', 'preferences', 'language'] as const).map((name) => vi.spyOn(backend, name));
  const first = await ahead(backend);
  expect(language()).toBe('fr');
  const taken: Update['slice'][] = [];
  void first.subscribe((update) => taken.push(update.slice));
  expect(taken).toContain('path');
  const before = taken.length;
  backend.push({ look: { at: 7 } });
  expect(taken.slice(before)).toEqual(['look']);
  expect(await first.language()).toBe('fr-FR');
  expect(await first.preferences()).toEqual(backend.kept);
  for (const question of questions) expect(question).toHaveBeenCalledOnce();
});

test('a chosen language comes before the system’s', async () => {
  const backend = new FakeBackend();
  [backend.tag, backend.kept.chosen.language] = ['fr', 'zh-CN'];
  await ahead(backend);
  expect(language()).toBe('zh-CN');
});

test('what fails keeps no window away, and is heard by who asks', async () => {
  const backend = new FakeBackend();
  const failure = failureOf({ code: 'internal', params: {} });
  for (const name of ['subscribe', 'preferences', 'language'] as const) backend.failing.set(name, failure);
  const first = await ahead(backend);
  await expect(first.subscribe(() => undefined)).rejects.toEqual(failure);
  await expect(first.preferences()).rejects.toEqual(failure);
  await expect(first.language()).rejects.toEqual(failure);
});

test('without an answer the window comes all the same, with words', async () => {
  vi.resetModules();
  const fresh = await import('../src/lib/backend/ahead');
  const words = await import('../src/lib/words/words.svelte');
  const backend = new FakeBackend();
  vi.spyOn(backend, 'language').mockReturnValue(new Promise(() => undefined));
  vi.useFakeTimers();
  const first = fresh.ahead(backend);
  expect(words.t('nav.models')).toBe('nav.models');
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  await first;
  expect(words.t('nav.models')).toBe('Models');
});

test('the last wish for a language counts, also while its words are being read', async () => {
  vi.resetModules();
  const words = await import('../src/lib/words/words.svelte');
  await Promise.all([words.setLanguage('fr'), words.setLanguage('en'), words.setLanguage('zh-CN'), words.setLanguage('en')]);
  expect([words.language(), words.t('nav.models'), document.documentElement.lang]).toEqual(['en', 'Models', 'en']);
  await words.setLanguage('xx');
  expect(words.language()).toBe('en');
});
