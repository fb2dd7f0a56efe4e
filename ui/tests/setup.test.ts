import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, installOf, pullOf, type FakeBackend, type World } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import { accessible, open } from './window';

const card = () => screen.getByTestId('setup');
const step = (id: string) => card().querySelector(`[data-step="${id}"]`)?.getAttribute('data-state') ?? null;
const asked = (backend: FakeBackend, name: string) => backend.calls.filter((call) => call.name === name).length;

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
    expect(await screen.findByRole('heading', { name: 'Stopped at: nginx uses Ollama’s place' })).toBeTruthy();
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

  test('what cannot be begun is said', async () => {
    const { backend } = open(worlds.empty);
    backend.failing.set('pull', failureOf({ code: 'internal', params: {} }, 'exit status 3'));
    await fireEvent.click(await screen.findByRole('button', { name: 'Set everything up' }));
    await looked(backend, 1, {});
    expect((await within(card()).findByRole('alert')).textContent).toContain('exit status 3');
  });
});
