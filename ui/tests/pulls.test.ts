// Downloads as they are shown: every state, every failure, and what each lets one do.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { failureOf, pullOf, type World } from '../src/lib/backend/fake';
import { everyFailure, everyState } from '../src/lib/backend/samples-pulls';
import { lastChange, modelsState, settingsOff, settingsState, worlds } from '../src/lib/backend/samples';
import type { Failure } from '../src/lib/backend/types/Failure';
import type { ReceiptSummary } from '../src/lib/backend/types/ReceiptSummary';
import type { PullState } from '../src/lib/backend/types/PullState';
import { PullTeller } from '../src/lib/state/progress';
import { setLanguage } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const row = (name: string) => screen.findByRole('article', { name });
const buttons = (where: HTMLElement) =>
  within(where).queryAllByRole('button').filter((one) => !one.closest('details:not([open])')).map((one) => one.textContent?.trim());
const focused = () => document.activeElement as HTMLElement;
const telling = () => screen.getByTestId('told').textContent;

/** The window with these downloads alone, where OpenClaw's models are pinned. */
function shows(...pulls: PullState[]) {
  return open({ ...worlds.well, pulls }, 'models');
}

/** The keyboard's press: on what has the focus. */
async function press(button: HTMLElement): Promise<void> {
  button.focus();
  await fireEvent.click(button);
}

describe('a download in each state', () => {
  test.each([
    ['qwen3.5:4b', '1.3 GB of 3.4 GB', ['Pause', 'Cancel']],
    ['gpt-oss:20b', 'No new bytes for a while.', ['Retry now', 'Pause', 'Cancel']],
    ['qwen3.5:27b', 'Ollama deletes it only when it restarts after the download has stood still for an hour.', ['Resume', 'Cancel']],
    ['gemma4', 'Asking Ollama’s library…', ['Pause', 'Cancel']],
    ['glm-4.7-flash', 'Waits for its turn.', ['Cancel']],
    ['qwen3-coder:30b', 'The download goes on by itself when it is back.', ['Try now', 'Pause', 'Cancel']],
    ['devstral', 'minutes are normal', ['Cancel']],
    ['granite4:3b', 'Nearly there', ['Cancel']],
    ['mistral', 'starting again goes on from there', ['Try again', 'Remove from the list']],
  ])('%s says “%s” and offers %j', async (name, words, offered) => {
    shows(everyState.find((pull) => pull.name === name)!);
    const one = await row(name);
    expect(one.textContent).toContain(words);
    expect(buttons(one)).toEqual(offered);
  });

  test('has one bar while it runs, full of nothing it does not know, and none when it is over', async () => {
    open(worlds.pulls, 'models');
    await row('gemma4');
    const bars = screen.getAllByRole<HTMLProgressElement>('progressbar');
    expect(bars.map((bar) => (bar.hasAttribute('value') ? bar.value : null))).toEqual([0.37, 0.62, 0.21, null, 0, 0.48, 0.999, 0.999]);
    expect(bars.filter((bar) => bar.closest('[aria-live], [role=status]'))).toEqual([]);
  });

  test('that lost much of what was here says so', async () => {
    shows({ ...pullOf('m', 'downloading', 0.62, 1e9), completedBytes: 2e8, lostBytes: 4.2e8 });
    expect((await row('m')).textContent).toContain('420 MB that were here are gone');
  });

  test('that loses a part for a moment, as they do, says nothing of it', async () => {
    shows({ ...pullOf('m', 'downloading', 0.62, 1e9), lostBytes: 1e7 });
    expect((await row('m')).textContent).not.toContain('gone');
  });

  test('that waits says what hinders it, where something answers in Ollama’s place', async () => {
    const failure = failureOf({ code: 'ollama.not-ollama', params: { url: 'http://127.0.0.1:11434' } } as never);
    shows({ ...pullOf('m', 'waiting', 0.4, 1e9), failure });
    const one = await row('m');
    expect(one.textContent).toContain('but it is not Ollama');
    expect(one.textContent).not.toContain('Ollama does not answer');
  });

  test('says no percent while Ollama checks what came: nothing measures that', async () => {
    shows(pullOf('m', 'verifying', 0.999, 1e9));
    expect((await row('m')).textContent).not.toContain('%');
  });
});

describe('pause and resume', () => {
  test('are one button, on which the keyboard stays', async () => {
    const { backend } = shows(pullOf('m', 'downloading', 0.4, 1e9));
    const button = await screen.findByRole('button', { name: 'Pause the download of m' });
    await press(button);
    await expect.poll(() => button.textContent?.trim()).toBe('Resume');
    expect(focused()).toBe(button);
    await press(button);
    expect(backend.calls).toEqual([{ name: 'pausePull', value: 'm' }, { name: 'resumePull', value: { name: 'm', anyway: false } }]);
    await expect.poll(() => button.textContent?.trim()).toBe('Pause');
  });

  test('that fail say why and leave the row as it is', async () => {
    const { backend } = shows(pullOf('m', 'downloading', 0.4, 1e9));
    backend.failing.set('pausePull', failureOf({ code: 'internal', params: {} }, 'gone'));
    await press(await screen.findByRole('button', { name: 'Pause the download of m' }));
    expect((await screen.findByRole('alert')).textContent).toContain('gone');
    expect((await row('m')).dataset['state']).toBe('downloading');
  });

  test('Retry now asks anew', async () => {
    const { backend } = shows(pullOf('m', 'stalled', 0.4, 1e9));
    await press(await screen.findByRole('button', { name: 'Retry now: m' }));
    expect(backend.calls).toEqual([{ name: 'resumePull', value: { name: 'm', anyway: false } }]);
    await expect.poll(async () => focused() === (await row('m'))).toBe(true);
  });

  test('one that waits for Ollama can be asked for at once, or left', async () => {
    const { backend } = shows(pullOf('m', 'waiting', 0.4, 1e9));
    await press(await screen.findByRole('button', { name: 'Try now: m' }));
    expect(backend.calls).toEqual([{ name: 'resumePull', value: { name: 'm', anyway: false } }]);
  });
});

describe('“Also for OpenClaw”', () => {
  const box = () => screen.findByRole<HTMLInputElement>('checkbox', { name: 'Also for OpenClaw: m' });

  test('is ticked, and can be changed while the download runs', async () => {
    const { backend } = shows(pullOf('m', 'downloading', 0.4, 1e9));
    expect((await box()).checked).toBe(true);
    await fireEvent.click(await box());
    expect(backend.calls).toEqual([{ name: 'setPullForOpenclaw', value: { name: 'm', on: false } }]);
    await expect.poll(async () => (await box()).checked).toBe(false);
  });

  test('that is refused shows what counts', async () => {
    const { backend } = shows(pullOf('m', 'downloading', 0.4, 1e9));
    backend.failing.set('setPullForOpenclaw', failureOf({ code: 'internal', params: {} }));
    await fireEvent.click(await box());
    await screen.findByRole('alert');
    expect((await box()).checked).toBe(true);
  });

  test.each<[string, World]>([
    ['where OpenClaw finds the models by itself', { settings: settingsState({ mode: 'automatic' }), pulls: [pullOf('m', 'downloading', 0.4, 1e9)] }],
    ['where OpenClaw does not know Ollama', { settings: settingsOff, pulls: [pullOf('m', 'downloading', 0.4, 1e9)] }],
    ['when the download is over', { settings: settingsState(), pulls: [pullOf('m', 'cancelled', 0.4, 1e9)] }],
  ])('is not there %s', async (_, world) => {
    open({ ...worlds.well, ...world }, 'models');
    await row('m');
    expect(screen.queryByRole('checkbox', { name: /^Also for OpenClaw/ })).toBeNull();
  });

  test('once done says that OpenClaw can use it, and takes that back', async () => {
    const { backend } = open({ ...worlds.well, pulls: [{ ...pullOf('new:1b', 'done', 1, 1e9), listedBy: 'receipt-7' }] }, 'home');
    const receipt: ReceiptSummary = { id: 'receipt-7', at: 0, kind: { kind: 'list-model', params: { name: 'new:1b' } }, files: [], undoneBy: null };
    backend.receipts = [receipt];
    backend.push({
      models: modelsState([{ ...worlds.well.models.models[0]!, id: 'new:1b' }]),
      settings: settingsState({ listed: ['new:1b'], lastChange: receipt }),
    });
    const one = await row('new:1b');
    await within(one).findByText('It is here. OpenClaw can use it now.');
    expect(within(one).getByRole('button', { name: 'Use it: new:1b' })).toBeTruthy();
    await press(within(one).getByRole('button', { name: 'Undo: OpenClaw can use new:1b' }));
    expect(backend.calls).toEqual([{ name: 'undo', value: { receipt: 'receipt-7', force: false, later: [] } }]);
    await screen.findByText(/^Undone/);
    backend.push({ settings: settingsState({ listed: [] }) });
    expect(await within(one).findByText('It is here. OpenClaw does not have it on its list.')).toBeTruthy();
    expect(within(one).queryByRole('button', { name: /^Undo/ })).toBeNull();
    expect(focused()).toBe(one);
  });

  test('offers Undo only as long as nothing was changed since: it would take that back, too', async () => {
    const { backend } = open({ ...worlds.well, pulls: [{ ...pullOf('new:1b', 'done', 1, 1e9), listedBy: 'receipt-7' }] }, 'home');
    backend.push({
      models: modelsState([{ ...worlds.well.models.models[0]!, id: 'new:1b' }]),
      settings: settingsState({ listed: ['new:1b'], lastChange: { ...lastChange, id: 'receipt-8' } }),
    });
    const one = await row('new:1b');
    await within(one).findByText('It is here. OpenClaw can use it now.');
    expect(within(one).queryByRole('button', { name: /^Undo/ })).toBeNull();
  });

  test('says why it could not be listed', async () => {
    const notListed = failureOf({ code: 'file.locked', params: { path: '/o.lock' } });
    shows({ ...pullOf('qwen3.5:9b', 'done', 1, 1e9), ...{ notListed } });
    expect(await screen.findByText('It is here, but it could not be added to OpenClaw’s list.')).toBeTruthy();
    expect(screen.getByText(/Another Pincer is writing right now/)).toBeTruthy();
  });

  test('says why one that only chats was not given', async () => {
    shows({ ...pullOf('gemma3:4b', 'done', 1, 1e9) });
    expect(await screen.findByText('It is here. It can only chat, so OpenClaw was not given it.')).toBeTruthy();
  });
});

describe('a download that failed', () => {
  const failed = (code: Failure['code']) => everyFailure.find((pull) => pull.failure?.code === code)!;

  test.each<[Failure['code'], string, string[]]>([
    ['pull.offline', 'Ollama’s library cannot be reached.', ['Try again', 'Remove from the list']],
    ['pull.intercepted', '*.r2.cloudflarestorage.com', ['Try again', 'Remove from the list']],
    ['pull.permission', 'Ollama runs as the user “ollama”', ['Try again', 'Remove from the list']],
    ['pull.engine-too-old', 'needs a newer Ollama', ['Open Ollama’s download page', 'Try again', 'Remove from the list']],
    ['pull.damaged', 'the damaged part is downloaded anew', ['Try again', 'Remove from the list']],
    ['pull.interrupted', 'The download broke off.', ['Resume', 'Remove from the list']],
    ['pull.failed', 'trying again sometimes helps', ['Try again', 'Remove from the list']],
    ['pull.bad-name', 'Names look like this: qwen3:8b', ['Remove from the list']],
    ['pull.unknown-model', 'no model named lama3.3', ['llama3.3', 'llama3.2', 'Remove from the list']],
  ])('%s says “%s” and offers %j', async (code, words, offered) => {
    const pull = failed(code);
    shows(pull);
    const [one] = await screen.findAllByTestId('pull');
    expect(one?.textContent).toContain(words);
    expect(buttons(one!)).toEqual(offered);
    expect(within(one!).queryByRole('alert')).toBeNull();
  });

  test('by its name is asked for by the right one, which takes its place', async () => {
    const { backend } = shows({ ...failed('pull.unknown-model'), forOpenclaw: false });
    await press(await screen.findByRole('button', { name: 'Download: llama3.3' }));
    expect(backend.calls).toEqual([
      { name: 'pull', value: { name: 'llama3.3', forOpenclaw: false } }, { name: 'dismissPull', value: 'lama3.3' },
    ]);
    await expect.poll(() => focused().getAttribute('aria-label')).toBe('llama3.3');
    expect(screen.queryByRole('article', { name: 'lama3.3' })).toBeNull();
  });

  test('without near names says so all the same', async () => {
    shows({ ...pullOf('zz', 'failed'), failure: failureOf({ code: 'pull.unknown-model', params: { name: 'zz', nearest: [] } as never }) });
    const one = await row('zz');
    expect(one.textContent).toContain('no model named zz');
    expect(within(one).queryByRole('group')).toBeNull();
  });

  test('goes on where it stopped', async () => {
    const { backend } = shows(failed('pull.interrupted'));
    await press(await screen.findByRole('button', { name: 'Resume the download of interrupted' }));
    expect(backend.calls).toEqual([{ name: 'resumePull', value: { name: 'interrupted', anyway: false } }]);
    await expect.poll(() => focused().getAttribute('aria-label')).toBe('interrupted');
  });

  test('for want of a newer Ollama opens its page', async () => {
    const { backend } = shows(failed('pull.engine-too-old'));
    await press(await screen.findByRole('button', { name: 'Open Ollama’s download page' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'get-ollama', params: {} } }]);
  });

  test('for want of room that Pincer alone sees can be asked for all the same', async () => {
    const { backend } = shows(failed('pull.disk-full'));
    await press(await screen.findByRole('button', { name: 'Download anyway: llama3.3' }));
    expect(backend.calls).toEqual([{ name: 'resumePull', value: { name: 'llama3.3', anyway: true } }]);
  });

  test('for want of room by Ollama’s own word cannot', async () => {
    const params = { needBytes: 1e9, freeBytes: 5e8, roomBytes: null, folder: '/m', moving: 'linux' };
    shows({ ...pullOf('m', 'failed', 0.5, 2e9), failure: failureOf({ code: 'pull.disk-full', params } as never) });
    const one = await row('m');
    expect(one.textContent).toContain('500 MB are free in /m');
    expect(within(one).queryByRole('button', { name: /^Download anyway/ })).toBeNull();
  });

  test('for want of room says how much is lacking where, in either language', async () => {
    shows(failed('pull.disk-full'));
    const one = await row('llama3.3');
    expect(one.textContent).toContain('As far as Pincer can see, the disk is too full: 38.7 GB are still to come, and 11.2 GB are free');
    expect(one.textContent).toContain('/usr/share/ollama/.ollama/models');
    expect(within(one).getByText('How to move the models folder').closest('details')?.open).toBe(false);
    expect(one.textContent).toContain('sudo systemctl edit ollama');
    setLanguage('fr');
    await expect.poll(() => one.textContent).toContain('38,7\u202fGo');
  });

  test.each([
    ['nothing', {}, 'The disk where Ollama keeps its models is full. Make room', false],
    ['the folder and what is free', { folder: '/srv', freeBytes: 0, needBytes: null, moving: null }, '0 byte are free in /srv', false],
    ['all', { folder: '/srv', freeBytes: 0, roomBytes: 0, needBytes: 2e9, moving: 'windows' }, '2 GB are still to come', true],
  ])('for want of room knows %s', async (_, params, words, movable) => {
    shows({ ...pullOf('m', 'failed', 0.1, 1e9), failure: failureOf({ code: 'pull.disk-full', params: params as never }) });
    const one = await row('m');
    expect(one.textContent).toContain(words);
    expect(within(one).queryByText('How to move the models folder') !== null).toBe(movable);
  });
});

describe('a screen reader hears of a download', () => {
  const told = (teller: PullTeller, ...states: PullState[]) => states.map((state) => teller.hear([state]));

  test('what stops it and what goes on, once each', () => {
    const at = (state: PullState['state'], share = 0.35) => pullOf('m', state, share, 1000);
    expect(
      told(
        new PullTeller(), at('queued', 0), at('starting', 0), at('downloading'), at('stalled'), at('stalled'), at('downloading'),
        at('paused'), at('waiting'), at('verifying'), at('writing'), { ...at('done', 1) }, { ...at('done', 1), listedBy: 'r' },
      ),
    ).toEqual([
      'The download of m waits for its turn.', 'The download of m has started.', 'm: 30% downloaded.',
      'The download of m brings nothing new.', null, 'm: 30% downloaded.', 'The download of m is paused.',
      'The download of m waits for Ollama.', 'm: everything has arrived, Ollama checks it.', null, 'm is downloaded.',
      'm is downloaded, and OpenClaw can use it.',
    ]);
  });

  test('in the one status of the window', async () => {
    const { backend } = shows(pullOf('m', 'downloading', 0.4, 1e9));
    await expect.poll(telling).toBe('m: 40% downloaded.');
    backend.pushPull(pullOf('m', 'paused', 0.4, 1e9));
    await expect.poll(telling).toBe('The download of m is paused.');
  });
});

test.each([['states', everyState], ['failures', everyFailure.slice(0, 5)], ['other failures', everyFailure.slice(5, 10)]])(
  'axe finds nothing: %s',
  async (_, pulls) => {
    open({ ...worlds.well, models: modelsState([]), pulls }, 'models');
    await accessible(await screen.findByRole('region', { name: 'Downloads' }));
  },
);

test('the samples hold every state and every failure', () => {
  expect(new Set(everyState.map((pull) => pull.state)).size).toBe(10);
  expect(everyFailure.every((pull) => pull.failure !== null)).toBe(true);
});
