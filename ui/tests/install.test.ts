// Installing Ollama from the card that says it is missing: what is said before, while it runs, and at its end.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, FakeBackend, installOf } from '../src/lib/backend/fake';
import { worlds } from '../src/lib/backend/samples';
import type { InstallPhase } from '../src/lib/backend/types/InstallPhase';
import { setLanguage } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const card = () => screen.findByTestId('install');
const telling = () => screen.getByTestId('told').textContent;
const buttons = (where: HTMLElement) =>
  within(where).queryAllByRole('button').filter((one) => !one.closest('details:not([open])')).map((one) => one.textContent?.trim());
const calls = (backend: FakeBackend) => backend.calls.map((call) => call.name);

describe('before it is begun', () => {
  test('it says how much comes from where, and that nobody need be asked', async () => {
    open(worlds.bare);
    const said = await screen.findByText(/^Downloads 1\.9 GB from ollama\.com/);
    expect(said.textContent).toContain('/home/ada/.local');
    expect(said.textContent).toContain('No administrator');
    expect(screen.queryByTestId('install')).toBeNull();
  });

  test('it says less while the place for downloads cannot be asked', async () => {
    const backend = new FakeBackend(structuredClone(worlds.bare));
    backend.failing.set('installOffer', failureOf({ code: 'install.offline', params: { url: 'https://ollama.com/' } }));
    open(worlds.bare, 'home', backend);
    expect(await screen.findByText(/^Downloads Ollama, up to 2 GB/)).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('an installer is said to be one', async () => {
    const backend = new FakeBackend(structuredClone(worlds.bare));
    backend.offer = { url: 'https://ollama.com/download/Ollama.dmg', downloadBytes: 190_000_000, folder: null, aside: [], running: null };
    open(worlds.bare, 'home', backend);
    expect((await screen.findByText(/^Downloads 190 MB/)).textContent).toContain('Ollama’s own installer');
  });
});

test('one click begins it, and it is shown to its end', async () => {
  const { backend } = open(worlds.bare);
  const button = await screen.findByRole('button', { name: 'Install Ollama' });
  button.focus();
  await fireEvent.click(button);
  expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'install-ollama', params: {} } }]);
  const one = await card();
  expect(screen.getByText('Ollama is being installed.')).toBeTruthy();
  expect(document.activeElement).toBe(button);
  // Once is enough.
  await fireEvent.click(button);
  expect(backend.calls).toHaveLength(1);

  backend.push({ install: installOf('downloading', 0.5, 1_900_000_000) });
  await expect.poll(() => one.textContent).toContain('950 MB of 1.9 GB');
  expect(within(one).getByRole<HTMLProgressElement>('progressbar', { name: 'Installation of Ollama' }).value).toBe(0.5);
  expect(telling()).toBe('Installation of Ollama: 50% downloaded.');
  backend.push({ install: installOf('starting') });
  await expect.poll(() => buttons(one)).toEqual([]);
  backend.push({ install: installOf('done', 1), path: diagnosis([]) });
  await expect.poll(() => one.textContent).toContain('Ollama is installed and running.');
  expect(screen.queryByRole('button', { name: 'Install Ollama' })).toBeNull();
  await fireEvent.click(within(one).getByRole('button', { name: 'Close: installation of Ollama' }));
  expect(screen.queryByTestId('install')).toBeNull();
  expect(calls(backend)).toEqual(['runRemedy', 'tellOutside', 'dismissInstall']);
});

test.each<[InstallPhase, string, string[]]>([
  ['asking', 'Asking where Ollama is published', ['Cancel']],
  ['waiting', 'goes on from here by itself', ['Cancel']],
  ['checking', 'as Ollama published it', ['Cancel']],
  ['unpacking', 'Unpacking', ['Cancel']],
  ['opened', 'Ollama’s installer is open', ['Close']],
  ['cancelled', 'nothing is left behind', ['Try again', 'Close']],
])('%s says “%s” and offers %j', async (phase, words, offered) => {
  open({ ...worlds.bare, install: installOf(phase, 0.3, 1e9) }, 'fix');
  const one = await card();
  expect(one.textContent).toContain(words);
  expect(buttons(one)).toEqual(offered);
  await accessible(one);
});

describe('beside one that runs', () => {
  const running = { version: '0.5.0', url: 'http://127.0.0.1:11434', restarts: true };
  const installed = { version: '0.33.0', running, aside: null };
  const pending = { ...installOf('restart-pending', 1), installed };
  const old = diagnosis([{
    code: 'engine.too-old', params: { version: '0.5.0' }, severity: 'problem', link: 'engine', evidence: [],
    remedies: [{ id: 'restart-ollama', params: { way: 'own' }, kind: 'action' }],
  }]);

  test('it is said before', async () => {
    const backend = new FakeBackend(structuredClone(worlds.bare));
    backend.offer = { ...backend.offer, running };
    open(worlds.bare, 'home', backend);
    expect((await screen.findByText(/already runs at/)).textContent).toContain('Ollama 0.5.0 already runs at http://127.0.0.1:11434');
  });

  test('the end offers the restart that brings it', async () => {
    const { backend } = open({ ...worlds.bare, path: old, install: pending }, 'fix');
    const one = await card();
    expect(one.textContent).toContain('Ollama 0.33.0 is installed. Ollama 0.5.0 still runs');
    await fireEvent.click(within(one).getByRole('button', { name: 'Restart Ollama' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'restart-ollama', params: { way: 'own' } } }]);
  });

  test('one that a restart would not bring is not promised', async () => {
    const theirs = { ...installed, running: { ...running, restarts: false } };
    open({ ...worlds.bare, path: old, install: { ...pending, installed: theirs } }, 'fix');
    const one = await card();
    expect(one.textContent).toContain('a restart by Pincer would not bring the new one');
    expect(within(one).queryByRole('button', { name: 'Restart Ollama' })).toBeNull();
  });
});

test('one that does not start says where the one before is', async () => {
  const failure = failureOf({ code: 'start.failed', params: { command: 'ollama serve' } }, 'no such card');
  const installed = { version: null, running: null, aside: '/home/ada/.local/bin/ollama.2026-03-14' };
  open({ ...worlds.bare, install: { ...installOf('not-started'), installed, failure } }, 'fix');
  const one = await card();
  expect(one.textContent).toContain('Ollama is installed, but does not answer.');
  expect(one.textContent).toContain('is now /home/ada/.local/bin/ollama.2026-03-14');
  expect(buttons(one)).toEqual(['Try again', 'Close']);
  await accessible(one);
});

test('it can be cancelled half-way', async () => {
  const { backend } = open({ ...worlds.bare, install: installOf('downloading', 0.3, 1e9) });
  await fireEvent.click(await screen.findByRole('button', { name: 'Cancel the installation of Ollama' }));
  expect(calls(backend)).toEqual(['cancelInstall']);
  await expect.poll(telling).toBe('Cancelled. Nothing was installed, and nothing is left behind.');
});

describe('a failure says what happened and what to do', () => {
  const failed = (failure: ReturnType<typeof failureOf>) => ({ ...worlds.bare, install: { ...installOf('failed'), failure } });

  test('a wrong checksum', async () => {
    const { backend } = open(failed(failureOf({ code: 'install.checksum', params: { file: 'ollama.tar.zst' } }, 'has SHA-256 1')));
    const one = await card();
    expect(one.textContent).toContain('It was deleted, and nothing was installed');
    expect(buttons(one)).toEqual(['Try again', 'Close']);
    const again = within(one).getByRole('button', { name: 'Try again: installation of Ollama' });
    again.focus();
    await fireEvent.click(again);
    expect(calls(backend)).toEqual(['runRemedy']);
    await expect.poll(() => one.dataset['phase']).toBe('asking');
    await expect.poll(() => document.activeElement).toBe(one);
  });

  test('no room, with numbers in the user’s language', async () => {
    const params = { needBytes: 5_100_000_000, freeBytes: 1_200_000_000, folder: '/home/ada/.local' };
    open(failed(failureOf({ code: 'install.disk-full', params })));
    const one = await card();
    expect(one.textContent).toContain('5.1 GB are needed in /home/ada/.local, and 1.2 GB are free');
    setLanguage('fr');
    await expect.poll(() => one.textContent).toContain('5,1\u202fGo');
  });

  test('what cannot be mended here leads to Ollama’s page', async () => {
    open(failed(failureOf({ code: 'install.unsafe-archive', params: { entry: '../escape' } })));
    const one = await card();
    expect(one.textContent).toContain('(../escape)');
    expect(buttons(one)).toContain('Open Ollama’s download page');
  });
});

test('closing the window meanwhile is asked about', async () => {
  const { backend } = open({ ...worlds.bare, install: installOf('downloading', 0.3, 1e9) });
  await card();
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) { this.open = true; };
  backend.wishToClose();
  const asked = await screen.findByText('Ollama is being installed');
  expect(asked.closest('dialog')?.textContent).toContain('what was downloaded is kept');
});
