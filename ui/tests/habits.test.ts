// What people expect of a window on a desktop: keys, what the system says, preferences put aside, help.

import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import CopyDetails from '../src/parts/CopyDetails.svelte';
import { FakeBackend, failureOf, type World } from '../src/lib/backend/fake';
import { worlds } from '../src/lib/backend/samples';
import { keys, keysOf, shortcut } from '../src/lib/shortcuts';
import { Outside } from '../src/lib/state/outside';
import { t } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const key = (key: string, held: Partial<KeyboardEventInit> = {}) => new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true, ...held });
const ctrl = (name: string, code = '') => key(name, { ctrlKey: true, code });
const press = (event: KeyboardEvent) => document.body.dispatchEvent(event);
const pull = (state: string, more = {}) => ({
  name: 'qwen3:8b', state, completedBytes: 1, totalBytes: 10, lostBytes: 0, fraction: 0.1, bytesPerSecond: null, secondsLeft: null,
  failure: null, forOpenclaw: false, listedBy: null, notListed: null, ...more,
}) as NonNullable<World['pulls']>[number];

test('keys mean the same by their place, and nothing with another key held', () => {
  expect(shortcut(ctrl('&', 'Digit1'), false)).toEqual({ go: 'home' });
  expect(shortcut(ctrl('5', 'Digit5'), false)).toEqual({ go: 'preferences' });
  expect(shortcut(ctrl('6', 'Digit6'), false)).toBeNull();
  expect(shortcut(ctrl(','), false)).toEqual({ go: 'preferences' });
  expect(shortcut(ctrl('r'), false)).toBe('look');
  expect(shortcut(ctrl('q'), false)).toBe('quit');
  expect(shortcut(key('F1'), false)).toBe('help');
  expect(shortcut(key('r'), false)).toBeNull();
  expect(shortcut(key('q', { ctrlKey: true, altKey: true }), false)).toBeNull();
  expect(shortcut(key('r', { ctrlKey: true, shiftKey: true }), false)).toBeNull();
  expect(shortcut(key('r', { metaKey: true }), true)).toBe('look');
  expect(shortcut(ctrl('r'), true)).toBeNull();
  expect(keys.map((one) => keysOf(one, false))).toEqual(['Ctrl+1 – Ctrl+5', 'Ctrl+,', 'Ctrl+R', 'F1', 'Ctrl+Q']);
  expect(keysOf('screens', true)).toBe('⌘1 – ⌘5');
});

test('keys go to the screens, look again, help and quit', async () => {
  const { backend } = open(worlds.well ?? {});
  press(ctrl('2', 'Digit2'));
  expect(await screen.findByRole('heading', { level: 1, name: t('models.title') })).toBeTruthy();
  const look = ctrl('r');
  press(look);
  expect(look.defaultPrevented).toBe(true);
  press(ctrl('q'));
  expect(backend.calls.map((call) => call.name)).toEqual(expect.arrayContaining(['lookAgain', 'quit']));
  press(key('F1'));
  const help = await screen.findByRole('heading', { name: t('help.title') });
  await waitFor(() => expect(document.activeElement).toBe(help));
  // Once more from elsewhere on the same screen.
  screen.getAllByRole('radio')[0]?.focus();
  press(key('F1'));
  await waitFor(() => expect(document.activeElement).toBe(help));
  press(ctrl(','));
  await waitFor(() => expect(location.hash).toBe('#preferences'));
});

test('keys wait while a question is open', async () => {
  const { backend } = open({ ...worlds.well, pulls: [pull('downloading')] });
  backend.wishToClose();
  await screen.findByRole('dialog');
  press(ctrl('2', 'Digit2'));
  expect(location.hash).not.toBe('#models');
});

test('help lists every key and opens what it names', async () => {
  const { backend } = open(worlds.well ?? {}, 'preferences');
  for (const one of keys) expect(screen.getByText(keysOf(one, false))).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: t('help.page.openclaw-on-ollama') }));
  await fireEvent.click(screen.getByRole('button', { name: t('help.page.ollama-models') }));
  backend.failing.set('openLogs', failureOf({ code: 'page.not-opened', params: { page: '/home/ada/logs' } }));
  await fireEvent.click(screen.getByRole('button', { name: t('help.logs') }));
  expect((await screen.findByRole('alert')).textContent).toContain('/home/ada/logs');
  const asked = backend.calls.filter((call) => /^open[LP]/.test(call.name));
  expect(asked).toEqual([
    { name: 'openPage', value: 'openclaw-on-ollama' }, { name: 'openPage', value: 'ollama-models' }, { name: 'openLogs' },
  ]);
  await accessible();
});

test('a damaged preferences file is told of until that was read', async () => {
  const backend = new FakeBackend(structuredClone(worlds.well ?? {}));
  backend.kept.setAside = '/home/ada/preferences.damaged-17.json';
  open({}, 'home', backend);
  const told = await screen.findByText(t('preferences.set-aside', { path: backend.kept.setAside }));
  expect(told.closest('[role=status]')).toBeTruthy();
  await accessible();
  await fireEvent.click(screen.getByRole('button', { name: t('app.close') }));
  expect(told.isConnected).toBe(false);
});

test('what ended is said once, what was stopped by hand is not', () => {
  const outside = new Outside();
  expect(outside.pulls([pull('done')])).toEqual([]);
  expect(outside.pulls([pull('downloading')])).toEqual([]);
  expect(outside.pulls([pull('stalled')])).toEqual([]);
  expect(outside.pulls([pull('done')])).toEqual([{ title: t('outside.pull.done', { name: 'qwen3:8b' }), text: '' }]);
  expect(outside.pulls([pull('done')])).toEqual([]);
  outside.pulls([pull('downloading')]);
  expect(outside.pulls([pull('cancelled')])).toEqual([]);
  outside.pulls([pull('downloading')]);
  const failure = failureOf({ code: 'ollama.refused', params: { url: 'http://box:11434' } });
  const [said] = outside.pulls([pull('failed', { failure })]);
  expect(said?.title).toBe(t('outside.pull.failed', { name: 'qwen3:8b' }));
  expect(said?.text).toContain('http://box:11434');

  const proof = { model: 'qwen3:8b', phase: 'asking', since: 0, result: null, failure: null } as const;
  expect(outside.proof(proof)).toEqual([]);
  expect(outside.proof({ ...proof, phase: 'reading' })).toEqual([]);
  expect(outside.proof({ ...proof, phase: 'ended', failure })).toHaveLength(1);
  outside.proof(proof);
  expect(outside.proof({ ...proof, phase: 'cancelled' })).toEqual([]);
});

test('the system is asked to say it, unless the user wants quiet', async () => {
  const { backend } = open({ ...worlds.well, pulls: [pull('downloading')] }, 'preferences');
  const said = () => backend.calls.filter((call) => call.name === 'tellOutside');
  backend.push({ pulls: [pull('done')] });
  await waitFor(() => expect(said()).toEqual([{ name: 'tellOutside', value: { title: t('outside.pull.done', { name: 'qwen3:8b' }), text: '' } }]));
  await fireEvent.click(screen.getByRole('checkbox', { name: new RegExp(`^${t('preferences.notify')}`) }));
  expect(backend.kept.chosen.notify).toBe(false);
  backend.push({ pulls: [pull('downloading')] });
  await waitFor(() => expect(screen.queryByText(t('pull.phase.done'))).toBeNull());
  backend.push({ pulls: [pull('failed', { failure: failureOf({ code: 'ollama.refused', params: { url: 'x' } }) })] });
  await new Promise((done) => setTimeout(done));
  expect(said()).toHaveLength(1);
});

test('technical details are copied, or selected where there is no clipboard', async () => {
  const shown = document.createElement('pre');
  shown.textContent = 'connect ECONNREFUSED';
  document.body.append(shown);
  render(CopyDetails, { text: 'connect ECONNREFUSED', shown: () => shown });
  const writeText = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('no'));
  vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
  await fireEvent.click(screen.getByRole('button', { name: t('app.copy.name') }));
  expect(await screen.findByText(t('app.copied'))).toBeTruthy();
  expect(writeText).toHaveBeenCalledWith('connect ECONNREFUSED');
  await fireEvent.click(screen.getByRole('button', { name: t('app.copy.name') }));
  expect(await screen.findByText(t('app.copy-by-hand'))).toBeTruthy();
  expect(getSelection()?.toString()).toBe('connect ECONNREFUSED');
  shown.remove();
  vi.unstubAllGlobals();
});
