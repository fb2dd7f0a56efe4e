import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, FakeBackend } from '../src/lib/backend/fake';
import { lastChange, modelsState, previewOf, settingsState, worlds } from '../src/lib/backend/samples';
import type { Change } from '../src/lib/backend/types/Change';
import type { Preview } from '../src/lib/backend/types/Preview';
import { primaryBefore } from '../src/lib/preview';
import Diff from '../src/parts/Diff.svelte';
import { accessible, open } from './window';

const use = async (name: string) => {
  await fireEvent.click(await screen.findByRole('button', { name: `Use it: ${name}` }));
  return screen.findByRole('heading', { level: 1, name: `OpenClaw will use ${name}` });
};

describe('what was the model before', () => {
  const preview = (changes: Change[]): Preview => ({ ...previewOf('b', 'ollama/a', undefined, 'p'), primary: 'ollama/b', changes });
  const path = 'agents.defaults.model';

  test.each([
    ['at its own path', [{ path: `${path}.primary`, before: 'ollama/a', after: 'ollama/b' }], 'ollama/a'],
    ['absent', [{ path: `${path}.primary`, before: null, after: 'ollama/b' }], null],
    ['within what is replaced', [{ path: 'agents', before: { defaults: { model: { primary: 'x/y' } } }, after: {} }], 'x/y'],
    ['a plain text', [{ path, before: 'x/y', after: { primary: 'ollama/b' } }], 'x/y'],
    ['an object without one', [{ path, before: { fallbacks: [] }, after: {} }], null],
    ['not touched', [{ path: 'models.providers.ollama', before: null, after: {} }], 'ollama/b'],
    ['a neighbour', [{ path: `${path}.primaryish`, before: 'z', after: 'y' }], 'ollama/b'],
  ])('%s', (_, changes, before) => {
    expect(primaryBefore(preview(changes))).toBe(before);
  });

  test('is what the preview says, not what the window heard last', async () => {
    const backend = new FakeBackend(structuredClone(worlds.well));
    const asked = backend.previewUse.bind(backend);
    backend.previewUse = async (request) => {
      const preview = await asked(request);
      return { ...preview, changes: [{ path: 'agents.defaults.model.primary', before: 'ollama/gemma3:4b', after: preview.primary }] };
    };
    open({}, 'models', backend);
    await use('qwen3.5:9b');
    expect(screen.getByText(/OpenClaw uses qwen3.5:9b instead of gemma3:4b/)).toBeTruthy();
  });
});

describe('a preview', () => {
  test('says which other models OpenClaw gets too', async () => {
    const { backend } = open(worlds.well, 'models');
    await use('qwen3.5:9b');
    expect(screen.getByText('OpenClaw also gets your 2 other models that can act.')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Not now' }));
    backend.push({ models: modelsState(worlds.well.models.models.filter((model) => model.id === 'qwen3.5:9b')) });
    await use('qwen3.5:9b');
    expect(screen.queryByText(/OpenClaw also gets/)).toBeNull();
  });

  test('that the settings moved under says so, and Apply becomes a new preview', async () => {
    const { backend } = open(worlds.well, 'models');
    await use('qwen3.5:9b');
    const apply = screen.getByRole('button', { name: 'Apply' });
    apply.focus();
    backend.push({ settings: settingsState({ primary: 'ollama/mistral:latest', lastChange }) });
    expect(await screen.findByText(/were changed by someone else while this was open/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Apply' })).toBeNull();

    await fireEvent.click(screen.getByRole('button', { name: 'Show the new preview' }));
    const again = await screen.findByRole('button', { name: 'Apply' });
    expect(document.activeElement).toBe(again);
    expect(screen.getByText(/instead of mistral:latest/)).toBeTruthy();
    expect(screen.queryByText(/while this was open/)).toBeNull();
    expect(backend.calls.map((call) => call.name)).toEqual(['previewUse', 'previewUse']);
  });

  test('that the same settings are sent to again stays as it is', async () => {
    const { backend } = open(worlds.well, 'models');
    await use('qwen3.5:9b');
    backend.push({ settings: structuredClone(worlds.well.settings), models: modelsState([]) });
    await expect.poll(() => screen.queryByText(/OpenClaw also gets/)).toBeNull();
    expect(screen.getByRole('button', { name: 'Apply' })).toBeTruthy();
  });

  test('cannot be left while it is being written', async () => {
    const { backend } = open(worlds.well, 'models');
    await use('qwen3.5:9b');
    const written = backend.apply.bind(backend);
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => { finish = resolve; });
    backend.apply = async (plan) => {
      await finished;
      return written(plan);
    };
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Not now' }));
    await fireEvent.keyDown(document.body, { key: 'Escape' });
    location.hash = 'fix';
    await screen.findByRole('heading', { level: 1, name: 'Fix a problem', hidden: true });
    expect(screen.getByRole('button', { name: 'Writing…' }).getAttribute('aria-disabled')).toBe('true');
    expect(screen.getByRole('button', { name: 'Not now' }).getAttribute('aria-disabled')).toBe('true');
    finish();
    expect(await screen.findByText('Done. qwen3.5:9b became OpenClaw’s model.')).toBeTruthy();
  });

  test('is put away by Escape', async () => {
    open(worlds.well, 'models');
    await use('qwen3.5:9b');
    await fireEvent.keyDown(document.activeElement!, { key: 'Escape' });
    expect(screen.queryByRole('button', { name: 'Apply' })).toBeNull();
  });

  test('says softly that the version is not known', async () => {
    const backend = new FakeBackend(structuredClone(worlds.well));
    const asked = backend.previewUse.bind(backend);
    backend.previewUse = async (request) => ({
      ...(await asked(request)),
      warnings: [{ code: 'version-unknown', params: { assumed: '2026.5.28+' } }],
    });
    open({}, 'models', backend);
    await use('qwen3.5:9b');
    const words = screen.getByText(/Pincer writes it for OpenClaw 2026.5.28\+, the newest form known/);
    expect(words.className).toContain('soft');
    expect(screen.queryByRole('heading', { name: 'Good to know first' })).toBeNull();
    await accessible();
  });
});

describe('the notice of what was done', () => {
  const apply = async () => {
    const { backend } = open(worlds.well, 'models');
    await use('qwen3.5:9b');
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await screen.findByText('Done. qwen3.5:9b became OpenClaw’s model.');
    return backend;
  };

  test('goes when the change was taken back elsewhere', async () => {
    const backend = await apply();
    backend.push({ settings: settingsState({ lastChange }) });
    await expect.poll(() => screen.queryByText(/^Done\./)).toBeNull();
    expect(screen.queryByRole('button', { name: /^Undo: qwen3.5:9b/ })).toBeNull();
  });

  test('stays while the settings have not heard of it yet', async () => {
    const backend = new FakeBackend(structuredClone(worlds.well));
    backend.apply = () =>
      Promise.resolve({ ...lastChange, id: 'receipt-9', kind: { kind: 'use-model', params: { name: 'qwen3.5:9b' } } });
    open({}, 'models', backend);
    await use('qwen3.5:9b');
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await screen.findByText('Done. qwen3.5:9b became OpenClaw’s model.');
    backend.push({ path: diagnosis([]) });
    expect(screen.getByText('Done. qwen3.5:9b became OpenClaw’s model.')).toBeTruthy();
    backend.push({ settings: settingsState({ lastChange: { ...lastChange, id: 'receipt-10' } }) });
    await expect.poll(() => screen.queryByText(/^Done\./)).toBeNull();
  });
});

describe('a diff', () => {
  const lines = () => [...screen.getByRole('group').querySelectorAll('code')].map((code) => code.textContent);

  test('leaves headers and remarks, not lines that look like them', () => {
    render(Diff, {
      path: '/o',
      diff: '--- a/o\n+++ b/o\n@@ -1,2 +1,2 @@\n--- a note\n+++ another\n same\n\\ No newline at end of file\n',
    });
    expect(lines()).toEqual(['@@ -1,2 +1,2 @@', '-- a note', '++ another', 'same']);
  });

  test('comes five hundred lines at a time', async () => {
    render(Diff, { path: '/o', diff: `@@ -0,0 +1,1200 @@\n${'+x\n'.repeat(1200)}` });
    expect(lines()).toHaveLength(500);
    await fireEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(lines()).toHaveLength(1000);
    await fireEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(lines()).toHaveLength(1201);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  test('in a preview is drawn when it is opened', async () => {
    open(worlds.well, 'models');
    await use('qwen3.5:9b');
    expect(screen.queryByRole('group', { name: /^Changes in/, hidden: true })).toBeNull();
    const fold = screen.getByText('Exactly what changes (2 values)').closest('details')!;
    fold.open = true;
    await fireEvent(fold, new Event('toggle'));
    expect(await within(fold).findByRole('group', { name: /^Changes in/ })).toBeTruthy();
  });
});

test('a file that changed before Apply is shown, with what to do next', async () => {
  const { backend } = open(worlds.well, 'models');
  await use('qwen3.5:9b');
  backend.failing.set(
    'apply',
    failureOf({ code: 'settings.changed-meanwhile', params: { path: '/o.json', diff: '@@ -1 +1 @@\n-old\n+new\n' } }),
  );
  const button = screen.getByRole('button', { name: 'Apply' });
  button.focus();
  await fireEvent.click(button);
  expect((await screen.findByRole('alert')).textContent).toContain('Below: what changed. Then press “Show the new preview”.');
  expect(document.activeElement?.textContent?.trim()).toBe('Show the new preview');
});
