// Installing OpenClaw from the card that says it is missing: what it means and the user's yes, while npm works, its end.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, FakeBackend, installOf } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import type { Failure } from '../src/lib/backend/types/Failure';
import type { InstallPhase } from '../src/lib/backend/types/InstallPhase';
import { setLanguage } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const world = { ...worlds.well, path: diagnosis([findings.noOpenclaw]) };
const running = (phase: InstallPhase) => installOf(phase, 0, 0, 'openclaw');
const card = () => screen.findByTestId('install');
const begin = () => screen.findByRole('button', { name: 'Install OpenClaw' });
const panel = () => screen.findByTestId('openclaw-ask');
const buttons = (where: HTMLElement) =>
  within(where).queryAllByRole('button').filter((one) => !one.closest('details:not([open])')).map((one) => one.textContent?.trim());
const began = (backend: FakeBackend) => backend.calls.filter((call) => call.name === 'runRemedy');

async function asked(change: (backend: FakeBackend) => void = () => undefined) {
  const backend = new FakeBackend(structuredClone(world));
  change(backend);
  open(world, 'home', backend);
  await fireEvent.click(await begin());
  return { backend, ask: await panel() };
}

describe('before it is begun', () => {
  test('one sentence says what it can do here, the command is shown, and nothing happens without a yes', async () => {
    const { backend, ask } = await asked();
    const first = ask.querySelector('p');
    expect(first?.textContent).toContain('it can read and change your files and run programs when you ask it to');
    await expect.poll(() => ask.textContent).toContain('npm install -g openclaw@latest --prefix /home/ada/.local');
    expect(ask.textContent).toContain('OpenClaw 2026.9.6 and what it needs (about 250 MB)');
    expect(ask.textContent).toContain('It will run on Node 24.16.0');
    expect(ask.textContent).not.toContain('A terminal will not find it');
    expect(began(backend)).toEqual([]);
    await accessible(ask);
    await fireEvent.click(within(ask).getByRole('button', { name: 'Not now' }));
    expect(screen.queryByTestId('openclaw-ask')).toBeNull();
    expect(document.activeElement).toBe(await begin());
    expect(began(backend)).toEqual([]);
  });

  test('a folder that is on no path is said', async () => {
    const { ask } = await asked((backend) => {
      backend.openclaw = { ...backend.openclaw, onPath: false, onServicePath: false };
    });
    await expect.poll(() => ask.textContent).toContain('A terminal will not find it by its name, for /home/ada/.local/bin');
    expect(ask.textContent).toContain('by its full path');
  });

  test.each<[Failure, string, string | null]>([
    [failureOf({ code: 'install.no-node', params: {} }), 'Install Node from nodejs.org', 'Open Node’s download page'],
    [failureOf({ code: 'install.node-too-old', params: { version: '20.20.2', required: '>=24.16.0' } }), 'asks for Node >=24.16.0, and Node 20.20.2 is here', 'Open Node’s download page'],
    [failureOf({ code: 'install.no-npm', params: {} }), 'but not npm', 'Open Node’s download page'],
    [failureOf({ code: 'install.no-git', params: {} }), 'needs git', 'Open git’s download page'],
    [failureOf({ code: 'install.registry-away', params: { registry: null, npmCode: 'timeout' } }), 'could not reach the place', null],
  ])('what is missing is said with its page: %j', async (blocked, words, page) => {
    const { backend, ask } = await asked((one) => {
      one.openclaw = { ...one.openclaw, blocked };
    });
    await expect.poll(() => ask.textContent).toContain(words);
    expect(buttons(ask)).toEqual([...(page ? [page] : []), 'Look again', 'Not now']);
    // It was put right meanwhile.
    backend.openclaw = { ...backend.openclaw, blocked: null };
    await fireEvent.click(within(ask).getByRole('button', { name: 'Look again' }));
    await within(ask).findByRole('button', { name: 'Yes, install OpenClaw' });
  });
});

test('a yes begins it, and it is shown to its end', async () => {
  const { backend, ask } = await asked();
  await fireEvent.click(await within(ask).findByRole('button', { name: 'Yes, install OpenClaw' }));
  expect(began(backend)).toEqual([{ name: 'runRemedy', value: { id: 'install-openclaw', params: {} } }]);
  const one = await card();
  expect(within(one).getByRole('heading', { name: 'Installing OpenClaw' })).toBeTruthy();
  expect(screen.queryByTestId('openclaw-ask')).toBeNull();
  expect(screen.getByText('OpenClaw is being installed.')).toBeTruthy();
  expect(document.activeElement).toBe(await begin());

  const hostile = '<img src=x onerror=alert(1)>';
  backend.push({ install: { ...running('downloading'), packages: 212, elapsedSeconds: 75, said: ['npm http fetch GET 200', hostile] } });
  await expect.poll(() => one.textContent).toContain('212 packages so far');
  expect(one.textContent).toContain('since 1 min 15 sec');
  expect(one.textContent).toContain('One to ten minutes are normal');
  expect(screen.getByTestId('told').textContent).toBe('Installation of OpenClaw: it has been going for 1 minute.');
  // Nobody knows how much is left, and npm's lines are text.
  expect(within(one).getByRole<HTMLProgressElement>('progressbar', { name: 'Installation of OpenClaw' }).hasAttribute('value')).toBe(false);
  expect(one.querySelector('pre')?.textContent).toContain(hostile);
  expect(one.querySelector('img')).toBeNull();
  await accessible(one);

  backend.push({ install: running('done'), path: diagnosis([]) });
  await expect.poll(() => one.textContent).toContain('OpenClaw is installed, and it runs.');
  await fireEvent.click(within(one).getByRole('button', { name: 'Close: installation of OpenClaw' }));
  expect(screen.queryByTestId('install')).toBeNull();
});

test.each<[InstallPhase, string, string[]]>([
  ['asking', 'Looking at Node, npm and the newest OpenClaw', ['Cancel']],
  ['checking', 'Checking that OpenClaw runs', ['Cancel']],
  ['cancelled', 'nothing is left behind', ['Try again', 'Close']],
])('%s says “%s” and offers %j', async (phase, words, offered) => {
  open({ ...world, install: running(phase) }, 'fix');
  const one = await card();
  expect(one.textContent).toContain(words);
  expect(buttons(one)).toEqual(offered);
});

test('cancelling and trying again are about OpenClaw', async () => {
  const { backend } = open({ ...world, install: running('downloading') });
  await fireEvent.click(await screen.findByRole('button', { name: 'Cancel the installation of OpenClaw' }));
  await fireEvent.click(await screen.findByRole('button', { name: 'Try again: installation of OpenClaw' }));
  expect(backend.calls.map((call) => call.name)).toEqual(['cancelInstall', 'runRemedy']);
  expect(began(backend)).toEqual([{ name: 'runRemedy', value: { id: 'install-openclaw', params: {} } }]);
});

test('while one is installed, the other waits', async () => {
  const { backend } = open({ ...worlds.bare, install: running('downloading') });
  await fireEvent.click(await screen.findByRole('button', { name: 'Install Ollama' }));
  expect(began(backend)).toEqual([]);
  expect(screen.getByText('OpenClaw is being installed.')).toBeTruthy();
});

describe('a failure says what happened and what to do', () => {
  test.each<[Failure, string, string[]]>([
    [failureOf({ code: 'install.does-not-run', params: { path: '/p/openclaw' } }, 'lifecycle'), '/p/openclaw does not run', ['Try again', 'Close', 'Open OpenClaw’s installation page']],
    [failureOf({ code: 'install.npm-failed', params: { npmCode: 'EEXIST' } }, 'npm error'), '(EEXIST)', ['Try again', 'Close', 'Open OpenClaw’s installation page']],
    [failureOf({ code: 'install.registry-away', params: { registry: 'registry.example', npmCode: 'E503' } }), 'from registry.example (E503)', ['Try again', 'Close']],
    [failureOf({ code: 'install.disk-full', params: { needBytes: null, freeBytes: null, folder: '/home/ada/.local' } }), 'The disk of /home/ada/.local is full', ['Try again', 'Close']],
    [failureOf({ code: 'install.permission', params: { folder: '/usr/lib' } }), 'does not let you write to /usr/lib', ['Try again', 'Close', 'Open OpenClaw’s installation page']],
    [failureOf({ code: 'install.stalled', params: { minutes: 15 } }), '15 minutes', ['Try again', 'Close']],
  ])('%j', async (failure, words, offered) => {
    open({ ...world, install: { ...running('failed'), failure } });
    const one = await card();
    expect(one.textContent).toContain(words);
    expect(buttons(one)).toEqual(offered);
    setLanguage('fr');
    await expect.poll(() => one.textContent).toMatch(/Réessayer/);
    expect(one.textContent).not.toMatch(/[{}]/);
  });
});

test('closing the window meanwhile is asked about', async () => {
  const { backend } = open({ ...world, install: running('downloading') });
  await card();
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) { this.open = true; };
  backend.wishToClose();
  const asking = await screen.findByRole('heading', { name: 'OpenClaw is being installed', hidden: true });
  expect(asking.closest('dialog')?.textContent).toContain('does not count as installed');
});
