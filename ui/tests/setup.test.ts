import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../src/lib/backend/types/Finding';
import { diagnosis, failureOf, FakeBackend, installOf, pullOf, type World } from '../src/lib/backend/fake';
import { findings, settingsOff, worlds } from '../src/lib/backend/samples';
import { accessible, open } from './window';

const card = () => screen.getByTestId('setup');
const step = (id: string) => card().querySelector(`[data-step="${id}"]`)?.getAttribute('data-state') ?? null;
const asked = (backend: FakeBackend, name: string) => backend.calls.filter((call) => call.name === name).length;

const begin = async () => fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
const status = () => screen.getByTestId('setup-status').textContent;

/** Rust looked again, and this is what it saw. */
async function looked(backend: FakeBackend, times: number, world: World): Promise<void> {
  await waitFor(() => expect(asked(backend, 'lookAgain')).toBe(times));
  backend.push({ ...world, look: { at: Date.now() + times } });
}

test('the first run greets, says how much there is to download and how long it takes, and asks for nothing', async () => {
  const { backend } = open(worlds.bare);
  expect(await screen.findByRole('heading', { level: 1, name: 'Hello! Pincer can set everything up for you' })).toBeTruthy();
  await waitFor(() => expect(card().textContent).toMatch(/[\d.]+ GB to download\. All in all it takes about \d+ minutes/));
  const steps = [...card().querySelectorAll('[data-step]')].map((one) => one.getAttribute('data-step'));
  expect(steps).toEqual(['install-ollama', 'download-model', 'install-openclaw', 'settings', 'start-gateway', 'proof']);
  expect(within(card()).getByText(/it can read and change your files/)).toBeTruthy();
  // The single step is there, too.
  expect(screen.getByRole('heading', { name: 'Or one step at a time' })).toBeTruthy();
  expect(screen.getByRole('heading', { name: 'Ollama is not installed' })).toBeTruthy();
  expect(backend.calls).toEqual([]);
  await accessible();
});

test.each(['well', 'stopped', 'occupied', 'unreadable', 'checking'] as const)('it is not offered where it is no first run: %s', async (name) => {
  open(worlds[name]);
  await screen.findAllByRole('listitem');
  expect(screen.queryByTestId('setup')).toBeNull();
});

test('it installs no OpenClaw where a container engine that does not answer may run one', async () => {
  const found = worlds.bare.path?.findings ?? [];
  const silent = found.map((one) => (one.code === 'openclaw.not-installed' ? { ...one, params: { ...one.params, unasked: 'docker' } } : one));
  open({ ...worlds.bare, path: worlds.bare.path && { ...worlds.bare.path, findings: silent } });
  await screen.findAllByRole('listitem');
  expect(document.querySelector('[data-step="install-openclaw"]')).toBeNull();
});

describe('what could not be asked', () => {
  test('is not called nothing', async () => {
    const { backend } = open({ ...worlds.bare, models: { ...worlds.bare.models, catalogue: [] } }, 'fix');
    backend.failing.set('installOffer', failureOf({ code: 'internal', params: {} }));
    backend.failing.set('openclawOffer', failureOf({ code: 'internal', params: {} }));
    location.hash = 'home';
    expect(await screen.findByText(/could not be asked\. Without the downloads it takes about/)).toBeTruthy();
  });

  test('withholds nothing that is known', async () => {
    const { backend } = open(worlds.bare, 'fix');
    backend.failing.set('installOffer', failureOf({ code: 'internal', params: {} }));
    location.hash = 'home';
    // The model and OpenClaw, without Ollama.
    expect(await screen.findByText(/^At least 3\.7 GB to download; .* it takes \d+ minutes or more/)).toBeTruthy();
  });
});

describe('set everything up', () => {
  test('goes on in a window that is not seen', async () => {
    const { backend } = open(worlds.empty);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    backend.pushPull(pullOf('qwen3.5:4b', 'downloading', 0.5, 3e9));
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
    await tick();
    expect(asked(backend, 'setVisible')).toBe(0);
    await fireEvent.click(await within(card()).findByRole('button', { name: /^Stop here/ }));
    await waitFor(() => expect(asked(backend, 'setVisible')).toBe(1));
    Reflect.deleteProperty(document, 'visibilityState');
  });

  test('makes one step after the other, up to the proof', async () => {
    const { backend } = open(worlds.empty);
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});

    await waitFor(() => expect(step('download-model')).toBe('now'));
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    backend.pushPull(pullOf('qwen3.5:4b', 'downloading', 0.5, 3e9));
    expect(step('settings')).toBe('left');
    // How far it is, once: in the card.
    expect(screen.getAllByRole('progressbar')).toEqual(within(card()).getAllByRole('progressbar'));
    expect(await within(card()).findByText(/^1\.5.GB of 3(\.0)?.GB$/)).toBeTruthy();
    for (const part of ['50%', '11.8 MB/s', '2 minutes left']) expect(card().textContent).toContain(part);
    await accessible();
    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3e9));
    await looked(backend, 2, { path: diagnosis([findings.ollamaOff]), models: worlds.unset.models });

    // Nothing of the user's is replaced: it is written at once, and can be undone.
    await waitFor(() => expect(asked(backend, 'apply')).toBe(1));
    expect(screen.queryByRole('button', { name: 'Apply' })).toBeNull();
    expect(await screen.findByRole('button', { name: /^Undo/ })).toBeTruthy();
    await looked(backend, 3, {});

    await waitFor(() => expect(step('start-gateway')).toBe('now'));
    await waitFor(() => expect(backend.calls.at(-1)).toEqual({ name: 'runRemedy', value: { id: 'start-gateway', params: {} } }));
    backend.push({ gatewayStart: { phase: 'done', since: 2, failure: null } });
    await looked(backend, 4, { openclaw: worlds.running.openclaw });

    await waitFor(() => expect(step('proof')).toBe('now'));
    const proof = worlds.proven.openclaw.proof!;
    await waitFor(() => expect(asked(backend, 'prove')).toBe(1));
    backend.push({ proof: { model: 'qwen3:8b', phase: 'ended', since: 3, result: proof, failure: null } });
    await looked(backend, 5, { openclaw: worlds.proven.openclaw });
    await waitFor(() => expect(screen.queryByTestId('setup')).toBeNull());
    expect(await screen.findByText('It works')).toBeTruthy();
  });

  test('stops at a step that fails, and goes on from there', async () => {
    const { backend } = open(worlds.bare);
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});
    await waitFor(() => expect(backend.calls.at(-1)).toEqual({ name: 'runRemedy', value: { id: 'install-ollama', params: {} } }));
    backend.push({ install: { ...installOf('failed'), failure: failureOf({ code: 'install.offline', params: {} } as never) } });
    expect(await screen.findByText(/This step did not work out/)).toBeTruthy();
    expect(step('install-ollama')).toBe('failed');
    // Why is said once, in the card.
    expect(within(card()).getByRole('alert')).toBeTruthy();
    expect(screen.queryByTestId('install')).toBeNull();
    expect(screen.getByRole('heading', { name: 'Ollama is not installed' })).toBeTruthy();
    await accessible();
    await fireEvent.click(screen.getByRole('button', { name: 'Go on' }));
    await waitFor(() => expect(asked(backend, 'lookAgain')).toBe(2));
  });

  test('stops at what is to be mended first', async () => {
    const { backend } = open(worlds.unset);
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, { path: diagnosis([findings.otherProgram]) });
    expect(await screen.findByRole('heading', { name: 'Something is in the way: nginx uses Ollama’s place' })).toBeTruthy();
    expect(screen.getByRole('heading', { name: 'nginx uses Ollama’s place' })).toBeTruthy();
    expect(card().querySelector('[data-state=failed]')).toBeNull();
  });

  test('a download that failed is told in the card, with its way out, and of one that was stopped the rest is counted', async () => {
    const { backend } = open(worlds.empty);
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    const failure = failureOf({ code: 'pull.intercepted', params: {} });
    backend.pushPull({ ...pullOf('qwen3.5:4b', 'failed', 0.25, 3.4e9), failure });
    expect(await within(card()).findByText(/^A sign-in page or a company proxy/)).toBeTruthy();
    expect(card().textContent).toMatch(/2\.6 GB to download/);
    expect(screen.queryByRole('heading', { name: 'Downloads' })).toBeNull();
    expect(within(card()).queryByRole('button', { name: /^Try again/ })).toBeNull();
    await accessible();
  });

  test('can be stopped, and what comes late begins nothing', async () => {
    const { backend } = open(worlds.empty);
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    await fireEvent.click(within(card()).getByRole('button', { name: /^Stop here/ }));
    expect(await screen.findByText(/What was done stays/)).toBeTruthy();
    expect(backend.calls.at(-1)).toEqual({ name: 'pausePull', value: 'qwen3.5:4b' });
    expect(step('download-model')).toBe('paused');
    const before = backend.calls.length;
    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3e9));
    await screen.findByRole('button', { name: 'Go on' });
    expect(backend.calls.slice(before).filter((call) => call.name !== 'setVisible' && call.name !== 'tellOutside')).toEqual([]);
  });

  test.each(['home', 'models'] as const)('settings that could not be written are told once: seen from %s', async (from) => {
    const { backend } = open(worlds.empty);
    backend.failing.set('apply', failureOf({ code: 'internal', params: {} }, 'disk full'));
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    location.hash = from;
    await screen.findByRole('heading', { level: 1, name: from === 'home' ? 'Setting everything up' : 'Models' });
    backend.push({ path: diagnosis([findings.ollamaOff]), models: worlds.unset.models });
    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3e9));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('disk full');
    // By the notice only where the card is not.
    expect(alert.closest('[data-testid=setup]') !== null).toBe(from === 'home');
    expect(document.querySelector('[data-news]') === null).toBe(from === 'home');
    expect(screen.getAllByRole('alert')).toHaveLength(1);
    location.hash = 'home';
    await waitFor(() => expect(step('settings')).toBe('failed'));
    await waitFor(() => expect(screen.getAllByRole('alert')).toEqual([within(card()).getByRole('alert')]));
  });

  test('what cannot be begun is said', async () => {
    const { backend } = open(worlds.empty);
    backend.failing.set('pull', failureOf({ code: 'internal', params: {} }, 'exit status 3'));
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});
    expect((await within(card()).findByRole('alert')).textContent).toContain('exit status 3');
  });
});

/** Everything is being set up, and Ollama is being installed for it. */
async function installing() {
  const { backend } = open(worlds.bare);
  await begin();
  await looked(backend, 1, {});
  await waitFor(() => expect(backend.calls.at(-1)).toEqual({ name: 'runRemedy', value: { id: 'install-ollama', params: {} } }));
  await waitFor(() => expect(step('install-ollama')).toBe('now'));
  return backend;
}

describe('an installation that ends in another way', () => {
  test('an open installer is followed by the user: the step waits for it, and goes on by itself', async () => {
    const backend = await installing();
    backend.push({ install: installOf('opened') });
    expect(await within(card()).findByText(/^Ollama’s installer is open\. Follow it/)).toBeTruthy();
    expect(step('install-ollama')).toBe('now');
    // Nothing runs that could have a bar, and it is said once.
    expect(screen.queryByRole('progressbar')).toBeNull();
    expect(screen.queryByTestId('install')).toBeNull();
    expect(asked(backend, 'lookAgain')).toBe(1);
    await accessible();
    backend.push({ path: diagnosis([findings.noModel, findings.noOpenclaw]) });
    await looked(backend, 2, {});
    await waitFor(() => expect(step('download-model')).toBe('now'));
    expect(step('install-ollama')).toBe('done');
  });

  test('an open installer can be left for later, and is still told of', async () => {
    const backend = await installing();
    backend.push({ install: installOf('opened') });
    await within(card()).findByText(/^Ollama’s installer is open/);
    await fireEvent.click(within(card()).getByRole('button', { name: /^Stop here/ }));
    expect(await screen.findByRole('heading', { name: 'Stopped for now' })).toBeTruthy();
    backend.push({ install: installOf('opened') });
    expect((await screen.findByTestId('install')).textContent).toContain('Ollama’s installer is open');
  });

  test('one beside an Ollama that runs goes on with that, and its restart is told', async () => {
    const backend = await installing();
    const running = { version: '0.30.0', url: 'http://127.0.0.1:11434', restarts: true };
    backend.push({
      path: diagnosis([findings.noModel, findings.noOpenclaw]),
      install: { ...installOf('restart-pending', 1), installed: { version: '0.33.0', running, aside: null } },
    });
    await looked(backend, 2, {});
    await waitFor(() => expect(step('download-model')).toBe('now'));
    expect(screen.getByTestId('install').textContent).toContain('Ollama 0.33.0 is installed. Ollama 0.30.0 still runs');
  });

  test('one that does not answer is told at its step, also when that is another cause by then', async () => {
    const backend = await installing();
    const failure = failureOf({ code: 'start.failed', params: { command: 'ollama serve' } });
    const aside = '/home/ada/.local/bin/ollama-2026-11-01';
    backend.push({ install: { ...installOf('not-started'), failure, installed: { version: '0.33.0', running: null, aside } } });
    expect(await screen.findByRole('heading', { name: 'Stopped at the step “Install Ollama, which runs the models”' })).toBeTruthy();
    backend.push({ path: diagnosis([findings.notRunning, findings.noOpenclaw]) });
    expect(await screen.findByRole('heading', { name: 'Ollama is installed but not running' })).toBeTruthy();
    expect(step('install-ollama')).toBe('failed');
    expect(card().textContent).toContain('Ollama is installed, but does not answer.');
    expect(card().textContent).toContain(aside);
    expect(within(card()).getByRole('alert')).toBeTruthy();
    expect(screen.queryByTestId('install')).toBeNull();
    await accessible();
    // Started by hand, it is in the way no more.
    backend.push({ path: diagnosis([findings.noModel, findings.noOpenclaw]) });
    await waitFor(() => expect(card().dataset['phase']).toBe('idle'));
    expect(step('install-ollama')).toBeNull();
  });
});

describe('an Ollama that is only waking up', () => {
  /** Installed, and its start was not waited for; `found`: what else is to be done by then. */
  const waking = async (...found: Finding[]) => {
    const backend = await installing();
    const installed = { version: '0.33.0', running: null, aside: null };
    const path = diagnosis([findings.starting, ...found]);
    backend.push({
      path: { ...path, path: path.path.map((one, at) => (at < 3 ? { ...one, state: 'unknown' } : one)) },
      openclaw: worlds.unset.openclaw, install: { ...installOf('waking', 1), installed },
    });
    await looked(backend, 2, {});
    await screen.findByRole('group', { name: 'Waiting for Ollama to answer' });
    return backend;
  };

  test('is waited for after a step, and then the next one is made', async () => {
    const backend = await waking();
    expect(card().dataset['phase']).toBe('running');
    expect(step('install-ollama')).toBe('done');
    expect(within(card()).getByText(/^Ollama is waking up: .* up to 45 s\.$/)).toBeTruthy();
    await accessible();
    // Its station is judged anew: what was found before is not news.
    backend.push({ path: { ...diagnosis([]), checking: ['engine', 'connection', 'models'] } });
    expect(screen.getByRole('group', { name: 'Waiting for Ollama to answer' })).toBeTruthy();
    backend.push({ path: diagnosis([findings.noModel]) });
    await waitFor(() => expect(step('download-model')).toBe('now'));
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    expect(screen.queryByRole('group', { name: 'Waiting for Ollama to answer' })).toBeNull();
  });

  test('holds up what could not be told yet, too', async () => {
    const backend = await waking(findings.ollamaOff);
    expect(asked(backend, 'runRemedy')).toBe(1);
    expect(card().querySelector('[aria-current=step]')).toBeNull();
  });

  test('is named when it takes too long', async () => {
    const backend = await waking();
    backend.push({ path: diagnosis([findings.silent]) });
    expect(await screen.findByRole('heading', { name: /^Something is in the way: / })).toBeTruthy();
    expect(card().textContent).not.toContain('This step did not work out');
  });

  test('need not be waited for', async () => {
    const backend = await waking();
    await fireEvent.click(within(card()).getByRole('button', { name: 'Stop here: Waiting for Ollama to answer' }));
    expect(await screen.findByRole('heading', { name: 'Stopped for now' })).toBeTruthy();
    const before = backend.calls.length;
    backend.push({ path: diagnosis([findings.noModel]) });
    expect(await screen.findByRole('button', { name: 'Set everything up' })).toBeTruthy();
    expect(backend.calls.slice(before).filter(({ name }) => name === 'pull')).toEqual([]);
  });
});

test('an Ollama that is busy is named as what is in the way, and no step as one that did not work out', async () => {
  const { backend } = open(worlds.unset);
  await begin();
  const busy: Finding = {
    code: 'engine.busy', severity: 'warning', link: 'engine', params: { url: 'http://127.0.0.1:11434', seconds: null },
    evidence: ['it greets; the list of models does not come'], remedies: [],
  };
  const path = diagnosis([busy]);
  await looked(backend, 1, { path: { ...path, path: path.path.map((one) => (one.link === 'models' ? { ...one, state: 'unknown' } : one)) } });
  expect(await screen.findByRole('heading', { name: 'Something is in the way: Ollama is busy' })).toBeTruthy();
  expect(card().querySelector('[data-state=failed]')).toBeNull();
  expect(status()).toMatch(/^This is in the way of everything else/);
  expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
  expect(screen.getByRole('heading', { name: 'Ollama is busy' })).toBeTruthy();
  await accessible();
});

describe('what the user puts off is no failure', () => {
  const calm = async () => {
    expect(await screen.findByRole('heading', { name: 'Stopped for now' })).toBeTruthy();
    expect(card().querySelector('[data-state=failed]')).toBeNull();
    expect(screen.getByRole('button', { name: 'Go on' })).toBeTruthy();
    expect(status()).toMatch(/^What was done stays/);
  };

  /** A change that replaces something waits for the word. */
  const asking = async () => {
    const { backend } = open(worlds.empty);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    // Somebody chose another model meanwhile.
    backend.push({ path: worlds.unset.path, models: worlds.unset.models, settings: { ...settingsOff, primary: 'anthropic/claude' } });
    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3e9));
    await screen.findByRole('button', { name: 'Apply' });
  };

  test('a change says why it asks, and “Not now” stops calmly', async () => {
    await asking();
    expect(screen.getByText('This replaces something in OpenClaw’s settings: please look at it and press Apply.')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Not now' }));
    await calm();
    expect(step('settings')).toBe('paused');
    expect(within(card()).getByLabelText('Paused')).toBeTruthy();
    await accessible();
  });

  test('so does Escape', async () => {
    await asking();
    await fireEvent.keyDown(window, { key: 'Escape' });
    await calm();
  });

  test('and going to another screen', async () => {
    await asking();
    location.hash = 'models';
    await screen.findByRole('heading', { level: 1, name: 'Models' });
    location.hash = 'home';
    await calm();
  });

  test.each(['cancelled', 'paused', 'gone'] as const)('a download that is %s by its own row', async (state) => {
    const { backend } = open(worlds.empty);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    if (state === 'gone') backend.push({ pulls: [] });
    else backend.pushPull(pullOf('qwen3.5:4b', state, 0.25, 3.4e9));
    await calm();
  });

  test('an installation that is cancelled elsewhere', async () => {
    const backend = await installing();
    backend.push({ install: installOf('cancelled') });
    await calm();
    // The card tells of it.
    expect(screen.queryByTestId('install')).toBeNull();
  });

  test('a change that asks by itself says nothing of the set-up', async () => {
    open(worlds.well, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await screen.findByRole('button', { name: 'Apply' });
    expect(screen.queryByText(/please look at it and press Apply/)).toBeNull();
  });
});

describe('it begins anew', () => {
  test('after it was done and everything was put back', async () => {
    const { backend } = open({ ...worlds.unset, openclaw: worlds.proven.openclaw });
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'apply')).toBe(1));
    await looked(backend, 2, { path: diagnosis([]), settings: worlds.proven.settings });
    await waitFor(() => expect(screen.queryByTestId('setup')).toBeNull());
    backend.push({ ...worlds.unset, openclaw: worlds.unset.openclaw });
    expect(await screen.findByRole('button', { name: 'Set everything up' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Go on' })).toBeNull();
    expect(step('settings')).toBe('left');
  });

  test('when what it stopped at was done by hand', async () => {
    const { backend } = open(worlds.empty);
    backend.failing.set('pull', failureOf({ code: 'internal', params: {} }, 'exit status 3'));
    await begin();
    await looked(backend, 1, {});
    await within(card()).findByRole('alert');
    backend.push({ path: diagnosis([findings.ollamaOff]), models: worlds.unset.models });
    expect(await screen.findByRole('button', { name: 'Set everything up' })).toBeTruthy();
    expect(within(card()).queryByRole('alert')).toBeNull();
  });

  test('when all is well: there is one heading', async () => {
    const { backend } = open(worlds.empty);
    backend.failing.set('pull', failureOf({ code: 'internal', params: {} }, 'exit status 3'));
    await begin();
    await looked(backend, 1, {});
    await within(card()).findByRole('alert');
    backend.push(worlds.running);
    await waitFor(() => expect(screen.queryByTestId('setup')).toBeNull());
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
  });

  test('not for a start that failed where all else is well: that is told, under one heading', async () => {
    const { backend } = open({ ...worlds.unset });
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'apply')).toBe(1));
    backend.failing.set('runRemedy', failureOf({ code: 'internal', params: {} }, 'exit status 3'));
    await looked(backend, 2, { path: diagnosis([]), settings: worlds.running.settings });
    expect((await within(card()).findByRole('alert')).textContent).toContain('exit status 3');
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
    expect(step('start-gateway')).toBe('failed');
    backend.push({ openclaw: worlds.proven.openclaw });
    await waitFor(() => expect(screen.queryByTestId('setup')).toBeNull());
  });

  test('on another practice computer, and one that runs is stopped', async () => {
    const backend = new FakeBackend(structuredClone(worlds.empty));
    backend.practice = ['new', 'stopped'];
    open({}, 'home', backend);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    await fireEvent.click(screen.getByRole('button', { name: 'Try a fault' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Nothing is set up yet' }));
    await waitFor(() => expect(card().dataset['phase']).toBe('idle'));
    expect(asked(backend, 'pausePull')).toBe(1);
    expect(screen.getByRole('button', { name: 'Set everything up' })).toBeTruthy();
    const before = asked(backend, 'lookAgain');
    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3e9));
    await waitFor(() => expect(screen.getByTestId('told').textContent).toContain('qwen3.5:4b'));
    expect(asked(backend, 'lookAgain')).toBe(before);
    // Stopped before, it begins anew as well.
    await begin();
    await looked(backend, before + 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(2));
    await fireEvent.click(within(card()).getByRole('button', { name: /^Stop here/ }));
    await screen.findByRole('button', { name: 'Go on' });
    await fireEvent.click(screen.getByRole('button', { name: 'Back to healthy' }));
    expect(await screen.findByRole('button', { name: 'Set everything up' })).toBeTruthy();
  });
});

describe('one step by itself, after it stopped', () => {
  test('an installation has its bar and its Cancel', async () => {
    const backend = await installing();
    backend.push({ install: { ...installOf('failed'), failure: failureOf({ code: 'install.offline', params: {} } as never) } });
    await screen.findByRole('button', { name: 'Go on' });
    backend.push({ install: installOf('downloading', 0.5, 1.9e9) });
    const one = await screen.findByTestId('install');
    expect(within(one).getByRole('progressbar')).toBeTruthy();
    expect(within(one).getByRole('button', { name: 'Cancel the installation of Ollama' })).toBeTruthy();
    await accessible();
  });

  test('a download has its bar and its Cancel', async () => {
    const { backend } = open(worlds.empty);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    await fireEvent.click(within(card()).getByRole('button', { name: /^Stop here/ }));
    await screen.findByRole('button', { name: 'Go on' });
    expect(screen.queryByRole('heading', { name: 'Downloads' })).toBeNull();
    backend.pushPull(pullOf('qwen3.5:4b', 'downloading', 0.5, 3e9));
    expect(await screen.findByRole('button', { name: 'Cancel the download of qwen3.5:4b' })).toBeTruthy();
    expect(screen.getByRole('progressbar')).toBeTruthy();
  });
});

describe('to the ear', () => {
  const live = () => [...document.querySelectorAll('[role=status], [role=alert], [aria-live]')].map((one) => one.textContent);

  test('an installation is told in one place, every tenth', async () => {
    const backend = await installing();
    backend.push({ install: installOf('downloading', 0.52, 1.9e9) });
    await waitFor(() => expect(screen.getByTestId('told').textContent).toBe('Installation of Ollama: 50% downloaded.'));
    backend.push({ install: installOf('downloading', 0.57, 1.9e9) });
    await within(card()).findByText(/^1\.1.GB of/);
    expect(screen.getByTestId('told').textContent).toBe('Installation of Ollama: 50% downloaded.');
    backend.push({ install: installOf('unpacking', 0.1, 1.9e9) });
    await waitFor(() => expect(screen.getByTestId('told').textContent).toBe('Unpacking'));
    expect(live().filter((words) => words?.includes('Unpacking'))).toEqual(['Unpacking']);
  });

  test('that it stopped is filled into what was there before', async () => {
    const { backend } = open(worlds.empty);
    await begin();
    await looked(backend, 1, {});
    await waitFor(() => expect(asked(backend, 'pull')).toBe(1));
    const standing = screen.getByTestId('setup-status');
    expect(standing.textContent).toBe('');
    await fireEvent.click(within(card()).getByRole('button', { name: /^Stop here/ }));
    await waitFor(() => expect(standing.textContent).toMatch(/^What was done stays/));
    expect(standing.isConnected).toBe(true);
  });
});
