import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, FakeBackend } from '../src/lib/backend/fake';
import { findings, proof, sees, worlds } from '../src/lib/backend/samples';
import type { Proof } from '../src/lib/backend/types/Proof';
import type { ProofOutcome } from '../src/lib/backend/types/ProofOutcome';
import { accessible, open } from './window';

const card = async () => within(await screen.findByTestId('proof'));
const ended = (outcome: ProofOutcome, change: Partial<Proof> = {}) => ({
  model: 'qwen3:8b', phase: 'ended' as const, since: 0, failure: null,
  result: { ...proof, outcome, evidence: ['openclaw agent: its own words'], ...change },
});

describe('the proof on Home', () => {
  test('without it nothing is said to work, and it is offered', async () => {
    const { backend } = open(worlds.running);
    const shown = await card();
    expect(screen.getByText('Everything is in place')).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
    expect(shown.getByText(/What is left is the proof: one real question through OpenClaw to qwen3:8b/)).toBeTruthy();
    await fireEvent.click(shown.getByRole('button', { name: 'Try it through OpenClaw' }));
    expect(backend.calls).toEqual([{ name: 'prove', value: 'qwen3:8b' }]);
  });

  test('while it runs, it says what it waits for and can be stopped', async () => {
    const { backend } = open(worlds.running);
    await fireEvent.click((await card()).getByRole('button', { name: 'Try it through OpenClaw' }));
    const group = within(await screen.findByRole('group', { name: 'Asking qwen3:8b through OpenClaw' }));
    expect(group.getByRole('status').textContent).toMatch(/about 16,000 tokens.*without a graphics card, minutes are normal\. At most 10 minutes/);
    expect(group.getByRole('timer')).toBeTruthy();
    backend.push({ proof: { ...backend.world.proof!, phase: 'reading' } });
    expect(await group.findByText(/The model is in memory and works on the answer/)).toBeTruthy();
    await fireEvent.click(group.getByRole('button', { name: 'Cancel the question through OpenClaw' }));
    expect(backend.calls.at(-1)).toEqual({ name: 'cancelProof' });
    expect(await screen.findByText('You stopped the question; it showed nothing.')).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
  });

  test('an answer turns Home green, with its time and its words', async () => {
    const { backend } = open(worlds.running);
    await card();
    backend.push({ proof: ended(proof.outcome, { evidence: [] }), openclaw: worlds.proven.openclaw });
    expect(await screen.findByText('It works')).toBeTruthy();
    const shown = await card();
    expect(shown.getByText('qwen3:8b answered through OpenClaw (41 seconds)')).toBeTruthy();
    expect(shown.getByText('“Hello, I can hear you.”')).toBeTruthy();
    expect(screen.queryByText('Everything is in place')).toBeNull();
  });

  test('an agent with a model of its own is the one that is named and asked', async () => {
    const own = { agent: 'main', model: 'ollama/qwen3.5:9b' };
    const { backend } = open({ ...worlds.running, settings: { ...worlds.running.settings, own } });
    expect(await screen.findByRole('heading', { name: 'OpenClaw uses qwen3.5:9b, on this computer' })).toBeTruthy();
    expect(screen.getByText(/OpenClaw’s agent “main”, which answers you: the model chosen in Pincer does not count/)).toBeTruthy();
    expect(screen.queryByText(/OpenClaw tries/)).toBeNull();
    await fireEvent.click((await card()).getByRole('button', { name: 'Try it through OpenClaw' }));
    expect(backend.calls).toEqual([{ name: 'prove', value: 'qwen3.5:9b' }]);
  });

  test('a gateway that may run older settings is to be restarted', async () => {
    open({ ...worlds.running, openclaw: { ...worlds.running.openclaw, behind: true } });
    expect((await card()).getByText(/openclaw gateway restart/)).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
  });

  test('of an old failure and what the command line proved since, the newer one is shown', async () => {
    const failed = ended({ code: 'no-words', params: {} }, { at: proof.at - 1 });
    const { backend } = open({ ...worlds.proven, proof: failed });
    const shown = await card();
    expect(shown.getByText('“Hello, I can hear you.”')).toBeTruthy();
    expect(shown.queryByRole('alert')).toBeNull();
    backend.push({ proof: ended({ code: 'no-words', params: {} }, { at: proof.at + 1 }) });
    expect(await shown.findByRole('alert')).toBeTruthy();
  });

  test('it is green no longer when the settings change or OpenClaw stops', async () => {
    const { backend } = open(worlds.proven);
    expect(await screen.findByText('It works')).toBeTruthy();
    backend.push({ openclaw: { ...worlds.proven.openclaw, proof: null } });
    expect(await screen.findByRole('button', { name: 'Try it through OpenClaw' })).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
    backend.push({ openclaw: { ...worlds.proven.openclaw, gateway: 'none' } });
    expect(await screen.findByRole('button', { name: 'Start OpenClaw’s gateway' })).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
    expect(screen.queryByText(/answered through OpenClaw/)).toBeNull();
  });

  const url = 'http://127.0.0.1:11434';
  const failures: [ProofOutcome, RegExp][] = [
    [{ code: 'other-model', params: { name: 'ollama/llama3.2:3b' } }, /Not qwen3:8b answered, but ollama\/llama3\.2:3b/],
    [{ code: 'no-words', params: {} }, /said nothing/],
    [{ code: 'gateway-refused', params: {} }, /did not let the question in/],
    [{ code: 'model-missing', params: {} }, /Ollama does not have qwen3:8b any more/],
    [{ code: 'key-refused', params: { url } }, /key for the models was refused/],
    [{ code: 'ollama-stopped', params: { url } }, /Nothing answers at http:\/\/127\.0\.0\.1:11434/],
    [{ code: 'ollama-silent', params: { url } }, /Ollama said nothing/],
    [{ code: 'not-enough-memory', params: { needBytes: 5_500_000_000, haveBytes: 2_100_000_000 } }, /needs 5\.5 GB, and 2\.1 GB were free/],
    [{ code: 'not-enough-memory', params: { needBytes: null, haveBytes: null } }, /Ollama could not load it\. Close/],
    [{ code: 'too-slow', params: { minutes: 10 } }, /within 10 minutes/],
    [{ code: 'failed', params: {} }, /Why is not known for sure/],
  ];
  test.each(failures)('a failure says what really happened: %o', async (outcome, words) => {
    open({ ...worlds.running, proof: ended(outcome) });
    const alert = (await card()).getByRole('alert');
    expect(alert.textContent).toMatch(words);
    expect(alert.textContent).toContain('its own words');
    expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy();
    expect(screen.queryByText('It works')).toBeNull();
    await accessible();
  });

  test('what was seen of another model, or before OpenClaw was started, is not shown', async () => {
    const { backend } = open({ ...worlds.running, proof: { ...ended({ code: 'failed', params: {} }), model: 'mistral:latest' } });
    expect((await card()).queryByRole('alert')).toBeNull();
    backend.push({ proof: ended({ code: 'gateway-silent', params: { port: 18_789 } }) });
    expect((await card()).queryByRole('alert')).toBeNull();
    backend.push({ openclaw: worlds.well.openclaw });
    expect((await (await card()).findByRole('alert')).textContent).toContain('port 18789');
  });

  test('what could not be asked at all says why', async () => {
    const failure = failureOf({ code: 'gateway.no-program', params: {} });
    open({ ...worlds.running, proof: { model: 'qwen3:8b', phase: 'ended', since: 0, result: null, failure } });
    expect((await (await card()).findByRole('alert')).textContent).toContain('OpenClaw’s program is not on this computer');
  });
});

describe('a gateway that does not run', () => {
  test('is started from Home, with its progress and a way to stop', async () => {
    const { backend } = open(worlds.gatewayStopped);
    const shown = await card();
    // The card offers it: the note beside it would say the same twice.
    expect(screen.queryByRole('heading', { name: 'OpenClaw’s gateway is not running' })).toBeNull();
    await fireEvent.click(shown.getByRole('button', { name: 'Start OpenClaw’s gateway' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'start-gateway', params: {} } }]);
    const group = within(await screen.findByRole('group', { name: 'Starting OpenClaw' }));
    expect(screen.queryByRole('button', { name: 'Start OpenClaw’s gateway' })).toBeNull();
    backend.push({ gatewayStart: { phase: 'starting', since: Date.now(), failure: null } });
    expect(await group.findByText(/10 to 25 seconds are normal/)).toBeTruthy();
    await accessible();
    await fireEvent.click(group.getByRole('button', { name: 'Cancel the start of OpenClaw' }));
    expect(backend.calls.at(-1)).toEqual({ name: 'cancelGatewayStart' });
    expect(await screen.findByText('You stopped the start.')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Start OpenClaw’s gateway' })).toBeTruthy();
  });

  test('that does not start says why', async () => {
    const failure = failureOf({ code: 'gateway.failed', params: { command: 'openclaw gateway run' } }, 'Refusing to bind gateway');
    open({ ...worlds.gatewayStopped, gatewayStart: { phase: 'failed', since: 0, failure } });
    const alert = await (await card()).findByRole('alert');
    expect(alert.textContent).toContain('“openclaw gateway run” ended');
    expect(alert.textContent).toContain('Refusing to bind gateway');
  });

  test('on Fix, too', async () => {
    const { backend } = open(worlds.gatewayStopped, 'fix');
    await fireEvent.click(await screen.findByRole('button', { name: 'Start OpenClaw’s gateway' }));
    expect(await screen.findByRole('group', { name: 'Starting OpenClaw' })).toBeTruthy();
    backend.push({ gatewayStart: { phase: 'done', since: 0, failure: null } });
    await expect.poll(() => screen.queryByRole('group', { name: 'Starting OpenClaw' })).toBeNull();
  });
});

describe('OpenClaw with the computer', () => {
  test('is offered while it runs, and what is run and written is shown before', async () => {
    const { backend } = open({ ...worlds.running, path: diagnosis([findings.gatewayNotAtLogin]) });
    await fireEvent.click(await screen.findByRole('button', { name: 'Start OpenClaw with the computer' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'gateway-at-login', params: {} } }]);
    expect(await screen.findByRole('heading', { name: 'OpenClaw will start when you log in' })).toBeTruthy();
    const lead = await screen.findByText(/“openclaw gateway install” writes .*openclaw-gateway\.service/);
    expect(lead.textContent).toContain('Nothing is written yet.');
    await accessible();
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(await screen.findByText(/OpenClaw starts when you log in/)).toBeTruthy();
  });

  test('that did not come up is said, with one button', async () => {
    const { backend } = open({ ...worlds.gatewayStopped, path: diagnosis([findings.gatewayDidNotStart]) }, 'fix');
    expect(await screen.findByRole('heading', { name: 'OpenClaw should have started with the computer' })).toBeTruthy();
    await fireEvent.click(await screen.findByRole('button', { name: 'Start OpenClaw’s gateway' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: { id: 'start-gateway', params: {} } }]);
  });

  test('whose gateway is on another computer is not offered to be started here', async () => {
    open({ ...worlds.gatewayStopped, path: diagnosis([findings.gatewayElsewhere]) });
    expect(await screen.findByRole('heading', { name: 'OpenClaw runs on another computer (nas.local:18789)' })).toBeTruthy();
    expect(screen.getByText(/there is nothing to start here/)).toBeTruthy();
    expect(screen.getByText(/baseUrl: \"http:\/\/192\.168\.7\.3:11434\"/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Start OpenClaw’s gateway' })).toBeNull();
  });
});

describe('OpenClaw’s page', () => {
  test('opens signed in, and it is said', async () => {
    const { backend } = open(worlds.proven);
    await fireEvent.click(await screen.findByRole('button', { name: 'Open OpenClaw' }));
    expect(backend.calls).toEqual([{ name: 'openOpenclaw' }]);
    expect(await screen.findByText(/opens in your browser, signed in/)).toBeTruthy();
  });

  test('without a link that signs in, what to expect is said', async () => {
    const backend = new FakeBackend(structuredClone(worlds.proven));
    backend.signsIn = false;
    open({}, 'home', backend);
    await fireEvent.click(await screen.findByRole('button', { name: 'Open OpenClaw' }));
    expect(await screen.findByText(/if the page asks for a token/)).toBeTruthy();
  });

  test('that does not open says why', async () => {
    const { backend } = open(worlds.proven);
    backend.failing.set('openOpenclaw', failureOf({ code: 'gateway.stopped', params: { port: 18_789 } }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Open OpenClaw' }));
    expect((await screen.findByRole('alert')).textContent).toContain('does not answer on port 18789');
  });
});

describe('what OpenClaw sees', () => {
  test('is counted, and each other model has its reason', async () => {
    open(worlds.proven);
    expect(await screen.findByText('OpenClaw sees 3 of your 7 models')).toBeTruthy();
    const why = screen.getByText('Which, and why not the others').closest('details')!;
    expect(why.open).toBe(false);
    for (const words of [
      'It sees qwen3:8b, qwen3.5:9b, and mistral:latest.', 'gemma3:4b cannot use tools', 'kimi-k2:1t-cloud is not in the list',
      'old-import:latest: OpenClaw does not say why', 'nomic-embed-text:latest makes embeddings',
    ]) expect(why.textContent).toContain(words);
    await accessible();
  });

  test('is not said while it is not known', async () => {
    const { backend } = open(worlds.running);
    await card();
    expect(screen.queryByText(/OpenClaw sees/)).toBeNull();
    backend.push({ openclaw: { ...worlds.proven.openclaw, sees: { ...sees, seen: [], unseen: sees.unseen.slice(0, 1) } } });
    expect(await screen.findByText('You have one model, and OpenClaw sees 0')).toBeTruthy();
  });
});
