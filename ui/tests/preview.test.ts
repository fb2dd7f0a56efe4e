import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, FakeBackend, type World } from '../src/lib/backend/fake';
import { lastChange, modelsState, settingsState, worlds } from '../src/lib/backend/samples';
import type { Effect } from '../src/lib/backend/types/Effect';
import type { Gateway } from '../src/lib/backend/types/Gateway';
import Diff from '../src/parts/Diff.svelte';
import { accessible, open } from './window';

const use = async (name: string) => {
  await fireEvent.click(await screen.findByRole('button', { name: `Use it: ${name}` }));
  return screen.findByRole('heading', { level: 1, name: `OpenClaw will use ${name}` });
};

/** A window whose previews have these effects. */
const changing = (effects: Effect[], world: World = worlds.well) => {
  const backend = new FakeBackend(structuredClone(world));
  const asked = backend.previewUse.bind(backend);
  backend.previewUse = async (request) => ({ ...(await asked(request)), effects, changed: true });
  open({}, 'models', backend);
  return backend;
};

describe('what changes, in one sentence', () => {
  test('is what the preview says, not what was asked for', async () => {
    changing([
      { code: 'model', params: { name: 'qwen3.5:9b', before: 'gemma3:4b' } },
      { code: 'list-added', params: { names: ['a', 'b'] } },
    ]);
    await use('qwen3.5:9b');
    expect(screen.getByText(
      'Nothing is written yet. If you apply it, qwen3.5:9b becomes OpenClaw’s model instead of gemma3:4b, and 2 models are added to OpenClaw’s list.',
    )).toBeTruthy();
    expect(screen.queryByText(/Good to know before the first time/)).toBeNull();
  });

  test('is not of the model where that stays', async () => {
    changing([{ code: 'context', params: { names: ['qwen3.5:9b'], tokens: 65_536 } }]);
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await screen.findByRole('heading', { level: 1, name: 'OpenClaw’s settings will change' });
    expect(screen.getByText(/If you apply it, Ollama runs conversations of 65,536 tokens with qwen3\.5:9b\.$/)).toBeTruthy();
  });

  test('comes with a word on acting when there was no model before', async () => {
    changing([{ code: 'model', params: { name: 'qwen3.5:9b', before: null } }]);
    await use('qwen3.5:9b');
    expect(screen.getByText(/Good to know before the first time/)).toBeTruthy();
  });
});

describe('a preview', () => {
  test('says which other models OpenClaw gets too', async () => {
    open({ ...worlds.well, settings: settingsState({ listed: ['qwen3:8b'] }) }, 'models');
    await use('qwen3.5:9b');
    expect(screen.getByText(/and mistral:latest is added to OpenClaw’s list\.$/)).toBeTruthy();
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
    expect(await screen.findByRole('button', { name: 'Apply' })).toBeTruthy();
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
    const words = screen.getByText(/Pincer writes the settings for OpenClaw 2026.5.28\+, the newest form known/);
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

describe('a gateway that runs', () => {
  const running = (change: Partial<World> = {}): World => ({
    ...worlds.well, openclaw: { ...worlds.well.openclaw, gateway: 'answers' }, ...change,
  });
  /** Applies a change; `gateway` is what is found after it. */
  async function applied(gateway: Promise<Gateway>, world = running()) {
    const backend = new FakeBackend(structuredClone(world));
    backend.gatewayAfterChange = () => gateway;
    open({}, 'models', backend);
    await use('qwen3.5:9b');
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await screen.findByText('Done. qwen3.5:9b became OpenClaw’s model.');
    return backend;
  }
  const told = () => screen.getByTestId('gateway').textContent.trim();

  test('takes the change by itself; that it still answers is said when it is known', async () => {
    let found: (gateway: Gateway) => void = () => undefined;
    await applied(new Promise((resolve) => { found = resolve; }));
    expect(told()).toMatch(/^OpenClaw is running and takes the change by itself\. Looking/);
    found('answers');
    await expect.poll(told).toBe('OpenClaw is running: it takes the change by itself, and it still answers.');
    expect(screen.getByTestId('gateway').getAttribute('role')).toBe('status');
    await accessible();
  });

  test('that no longer answers is said, with Undo beside it; and when it is back', async () => {
    const backend = await applied(Promise.resolve('silent'));
    await expect.poll(told).toMatch(/since the change it no longer answers/);
    expect(screen.getByRole('button', { name: 'Undo: qwen3.5:9b became OpenClaw’s model' })).toBeTruthy();
    await accessible();
    backend.push({ openclaw: { ...worlds.well.openclaw, gateway: 'none' } });
    await expect.poll(told).toMatch(/no longer answers/);
    backend.push({ openclaw: { ...worlds.well.openclaw, gateway: 'answers' } });
    await expect.poll(told).toMatch(/it still answers/);
  });

  test('that dies while the notice stands is said, too', async () => {
    const backend = await applied(Promise.resolve('answers'));
    await expect.poll(told).toMatch(/it still answers/);
    backend.push({ openclaw: { ...worlds.well.openclaw, gateway: 'none' } });
    await expect.poll(told).toMatch(/no longer answers/);
  });

  test('is looked at after an undo', async () => {
    const backend = await applied(Promise.resolve('answers'));
    await expect.poll(told).toMatch(/it still answers/);
    backend.gatewayAfterChange = () => Promise.resolve('silent');
    await fireEvent.click(screen.getByRole('button', { name: /^Undo: qwen3\.5:9b/ }));
    await expect.poll(told).toBe('OpenClaw was running, and since then it no longer answers. It may be restarting.');
  });

  test('may need a new start for the key', async () => {
    const backend = changing([{ code: 'mode', params: { mode: 'automatic' } }, { code: 'key', params: {} }], running());
    const effects: Effect[] = [{ code: 'key', params: {} }];
    backend.apply = () => Promise.resolve({ ...lastChange, id: 'receipt-9', kind: { kind: 'settings', params: { effects } } });
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Apply' }));
    await expect.poll(told).toMatch(/still answers\. It may read the key for Ollama only when it starts/);
  });

  test('is not spoken of where none runs', async () => {
    const backend = await applied(Promise.resolve('answers'), worlds.well);
    expect(told()).toBe('');
    expect(backend.calls.map((call) => call.name)).not.toContain('gatewayAfterChange');
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
  expect((await screen.findByRole('alert')).textContent).toContain('What changed is shown below. Then press “Show the new preview”.');
  expect(document.activeElement?.textContent?.trim()).toBe('Show the new preview');
});
