import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { diagnosis, failureOf, FakeBackend, type World } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import { accessible, open } from './window';

const stations = () =>
  within(screen.getByRole('region', { name: 'The path from Ollama to OpenClaw' }))
    .getAllByRole('listitem')
    .map((item) => item.getAttribute('data-state'));

test('before anything is known, the path is being checked and nothing is claimed', async () => {
  open(worlds.checking);
  expect(await screen.findByRole('heading', { level: 1, name: 'Having a look' })).toBeTruthy();
  expect(stations()).toEqual(Array(5).fill('checking'));
  expect(screen.queryByText('Everything is in place')).toBeNull();
});

describe('when Ollama is stopped', () => {
  test('the path is lit there and grey behind, and the cause has its button', async () => {
    open(worlds.stopped);
    expect(await screen.findByRole('heading', { name: 'Ollama is installed but not running' })).toBeTruthy();
    expect(stations()).toEqual(['broken', 'waiting', 'waiting', 'waiting', 'waiting']);
    expect(screen.getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
  });

  test('the button asks Rust to start it, and the path follows', async () => {
    const { backend } = open(worlds.stopped);
    await fireEvent.click(await screen.findByRole('button', { name: 'Start Ollama' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'start-ollama', params: {} } }]);
    expect(await screen.findByRole('heading', { name: 'OpenClaw uses qwen3:8b, on this computer' })).toBeTruthy();
    expect(stations()).toEqual(Array(5).fill('ok'));
  });

  test('a start that fails says why, in the card', async () => {
    const { backend } = open(worlds.stopped);
    backend.failing.set('runRemedy', failureOf({ code: 'start.failed', params: { command: 'ollama serve' } }, 'exit status 1'));
    await fireEvent.click(await screen.findByRole('button', { name: 'Start Ollama' }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('“ollama serve” failed');
    expect(alert.textContent).toContain('exit status 1');
    expect(screen.getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
  });

  test('started by hand, the window says so by itself', async () => {
    const { backend } = open(worlds.stopped);
    await screen.findByRole('button', { name: 'Start Ollama' });
    backend.push({ path: diagnosis([]) });
    expect(await screen.findByRole('heading', { name: 'OpenClaw uses qwen3:8b, on this computer' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Start Ollama' })).toBeNull();
  });
});

test('a station that is not judged yet is not called fine', async () => {
  const { backend } = open(worlds.starting);
  expect(await screen.findByRole('heading', { name: 'Ollama is waking up' })).toBeTruthy();
  expect(stations().slice(0, 3)).toEqual(['unknown', 'unknown', 'unknown']);
  backend.push({ path: { ...worlds.starting.path, findings: [] } });
  expect(await screen.findByRole('heading', { level: 1, name: 'Nothing is in the way so far' })).toBeTruthy();
  expect(screen.queryByText(/Everything is in place/)).toBeNull();
});

test('the download that a cause asks for starts once, and is seen right there', async () => {
  const { backend } = open(worlds.empty);
  await fireEvent.click(await screen.findByRole('button', { name: 'Download qwen3.5:4b' }));
  expect(await screen.findByText('qwen3.5:4b is being downloaded.')).toBeTruthy();
  expect(screen.getByRole('progressbar', { name: 'Download of qwen3.5:4b' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Download qwen3.5:4b' })).toBeNull();
  expect(backend.calls).toEqual([{ name: 'pull', value: { name: 'qwen3.5:4b', forOpenclaw: true } }]);
});

test('later problems are named as the next ones', async () => {
  open(worlds.bare);
  expect(await screen.findByRole('heading', { name: 'Ollama is not installed' })).toBeTruthy();
  expect(screen.getByText('Then one more thing:')).toBeTruthy();
  expect(screen.getByText('OpenClaw is not on this computer')).toBeTruthy();
});

describe('another program in Ollama’s place', () => {
  test('is named, and what the button does is said first', async () => {
    const { backend } = open(worlds.occupied);
    expect(await screen.findByRole('heading', { name: 'nginx uses Ollama’s place' })).toBeTruthy();
    expect(screen.getByText('Ollama starts at port 11435, which is free. Nothing is closed.')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Start Ollama at another place' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'move-ollama', params: { port: 11_435 } } }]);
  });

  test('by hand, it is a command for a terminal', async () => {
    const move = findings.otherProgram.remedies[0]!;
    open({ ...worlds.occupied, path: diagnosis([{ ...findings.otherProgram, remedies: [{ ...move, kind: 'manual' }] }]) });
    expect(await screen.findByText(/Open a terminal and paste this/)).toBeTruthy();
    expect(screen.getByText('env OLLAMA_HOST=127.0.0.1:11435 ollama serve')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Start Ollama at another place' })).toBeNull();
  });
});

test('set-up goes by a preview, and stays undoable', async () => {
  const { backend } = open(worlds.unset);
  await fireEvent.click(await screen.findByRole('button', { name: 'Set OpenClaw up with qwen3:8b' }));
  const heading = await screen.findByRole('heading', { level: 1, name: 'OpenClaw will use qwen3:8b' });
  await expect.poll(() => document.activeElement).toBe(heading);
  expect(screen.getByText(/OpenClaw can act on this computer/)).toBeTruthy();
  expect(screen.getByText('Exactly what changes (2 values)').closest('details')?.open).toBe(false);
  expect(backend.calls.some((call) => call.name === 'apply')).toBe(false);

  await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
  expect(await screen.findByText(/^Done\. OpenClaw was told about Ollama, qwen3:8b became OpenClaw’s model, and 2 models were added/)).toBeTruthy();
  expect(await screen.findByRole('heading', { name: 'OpenClaw uses qwen3:8b, on this computer' })).toBeTruthy();

  await fireEvent.click(screen.getByRole('button', { name: /^Undo: OpenClaw was told about Ollama/ }));
  expect(await screen.findByText(/the old settings are in place again/)).toBeTruthy();
  expect(backend.calls.at(-1)).toEqual({ name: 'undo', value: { receipt: 'receipt-1', force: false, later: [] } });
});

test('a preview put away changes nothing and gives the focus back', async () => {
  const { backend } = open(worlds.unset);
  const button = await screen.findByRole('button', { name: 'Set OpenClaw up with qwen3:8b' });
  button.focus();
  await fireEvent.click(button);
  await fireEvent.click(await screen.findByRole('button', { name: 'Not now' }));
  await expect.poll(() => document.activeElement).toBe(button);
  expect(backend.calls.map((call) => call.name)).toEqual(['runRemedy']);
});

test('an undo over someone else’s change shows it and asks again', async () => {
  const { backend } = open(worlds.well);
  backend.failing.set(
    'undo',
    failureOf({ code: 'undo.changed-since', params: { path: '/o.json', diff: '@@ -1 +1 @@\n-old\n+new\n' } }),
  );
  await fireEvent.click(await screen.findByRole('button', { name: /^Undo/ }));
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('/o.json was changed by someone else');
  expect(within(alert).getByRole('group', { name: 'Changes in /o.json' }).textContent).toContain('new');
  await fireEvent.click(within(alert).getByRole('button', { name: 'Undo all the same' }));
  expect(backend.calls.at(-1)).toEqual({ name: 'undo', value: { receipt: 'receipt-0', force: true, later: [] } });
});

test('a model that can only chat is never called all in place', async () => {
  open({ ...worlds.well, settings: { ...worlds.well.settings, primary: 'ollama/gemma3:4b' } });
  expect(await screen.findByRole('heading', { level: 1, name: 'OpenClaw can only chat with gemma3:4b' })).toBeTruthy();
  expect(screen.queryByText('Everything is in place')).toBeNull();
  expect(screen.getByRole('link', { name: 'Change model' })).toBeTruthy();
});

test('an earlier station that is not judged yet comes before a later problem', async () => {
  const path = diagnosis([findings.noOpenclaw, findings.starting]);
  open({ ...worlds.starting, path: { ...path, path: worlds.starting.path.path } });
  expect(await screen.findByRole('heading', { level: 2, name: 'Ollama is waking up' })).toBeTruthy();
  expect(screen.getByRole('heading', { level: 1, name: '2 things stand in the way' })).toBeTruthy();
  expect(screen.getByText('Then one more thing:')).toBeTruthy();
});

test('a primary of another provider is not called Ollama’s', async () => {
  open({ ...worlds.well, settings: { ...worlds.well.settings, primary: 'anthropic/claude-opus' } });
  expect(await screen.findByRole('heading', { name: 'OpenClaw uses anthropic/claude-opus, which is not one of Ollama’s' })).toBeTruthy();
});

test('it speaks French where the system does', async () => {
  const backend = new FakeBackend(structuredClone(worlds.stopped));
  backend.tag = 'fr-FR';
  open({}, 'home', backend);
  expect(await screen.findByRole('button', { name: 'Démarrer Ollama' })).toBeTruthy();
  expect(document.documentElement.lang).toBe('fr');
});

test('it takes the web view’s language where no variable says one', async () => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('zh-Hans-CN');
  const backend = new FakeBackend(structuredClone(worlds.stopped));
  backend.tag = '';
  open({}, 'home', backend);
  expect(await screen.findByRole('button', { name: '启动 Ollama' })).toBeTruthy();
  expect(document.documentElement.lang).toBe('zh-CN');
});

test('a window that lost Rust says so', async () => {
  const backend = new FakeBackend();
  backend.failing.set('subscribe', failureOf({ code: 'internal', params: {} }, 'gone'));
  open({}, 'home', backend);
  expect(await screen.findByRole('heading', { name: 'The window lost its connection to Pincer' })).toBeTruthy();
});

test.each(Object.entries(worlds) as [string, World][])('axe finds nothing on Home: %s', async (_, world) => {
  open(world);
  await screen.findAllByRole('listitem');
  await accessible();
});

test('axe finds nothing in a preview', async () => {
  open({ ...worlds.unset, path: diagnosis([findings.ollamaOff]) });
  await fireEvent.click(await screen.findByRole('button', { name: 'Set OpenClaw up with qwen3:8b' }));
  await screen.findByRole('button', { name: 'Apply' });
  await accessible();
});
