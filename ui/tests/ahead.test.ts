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
