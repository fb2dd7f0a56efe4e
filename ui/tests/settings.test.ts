// The screen of OpenClaw's settings: what it shows, what it asks for, what it remembers.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { FakeBackend, failureOf, type World } from '../src/lib/backend/fake';
import { lastChange, mixed, model, modelsState, settingsOff, settingsState, worlds } from '../src/lib/backend/samples';
import { isOnline, rowsOf, wholeNumber } from '../src/lib/state/settings-rows';
import type { ReceiptSummary } from '../src/lib/backend/types/ReceiptSummary';
import type { SettingsState } from '../src/lib/backend/types/SettingsState';
import { languages, setLanguage, t } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const set = (change: Partial<SettingsState> = {}): World => ({ ...worlds.well, settings: settingsState(change) });
const radio = (name: RegExp | string) => screen.findByRole<HTMLInputElement>('radio', { name });
const box = (name: RegExp | string) => screen.findByRole<HTMLInputElement>('checkbox', { name });
const press = async (name: RegExp | string) => fireEvent.click(await screen.findByRole('button', { name }));
const choose = async (name: string, value: string) =>
  fireEvent.change(await screen.findByRole('combobox', { name }), { target: { value } });
const chosen = async () => (await screen.findByRole<HTMLSelectElement>('combobox', { name: 'OpenClaw’s model' })).value;

/** Asks for the preview and gives the request that was made. */
async function asked(backend: FakeBackend) {
  await press('Show what changes');
  await screen.findByRole('button', { name: /^(Apply|Close)$/ });
  return backend.calls.filter((call) => call.name === 'previewUse').at(-1)?.value;
}

const untouched = {
  primary: 'qwen3:8b', fallbacks: null, models: [], allReady: false, context: null, mode: 'pinned', address: null,
  listed: null, localOnly: false,
};
const plain = (id: string) => ({ id, contextWindow: null, maxTokens: null });

describe('what is set', () => {
  test('is what the fields show, and nothing is asked beyond it', async () => {
    const { backend } = open(set(), 'settings');
    expect((await radio(/^Pinned/)).checked).toBe(true);
    expect((await radio(/^This computer/)).checked).toBe(true);
    expect(await chosen()).toBe('ollama/qwen3:8b');
    expect(screen.getByText('What you see is what is set.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Discard my choices' })).toBeNull();
    expect(await asked(backend)).toEqual(untouched);
  });

  test('is said to be nothing before the first time; what can act is ticked then', async () => {
    const { backend } = open({ ...worlds.unset, settings: { ...settingsOff, entries: [] } }, 'settings');
    expect(await screen.findByText('OpenClaw has not been told about Ollama.')).toBeTruthy();
    expect((await box(/^mistral/)).checked).toBe(true);
    expect((await box(/^gemma3/)).checked).toBe(false);
    // The diagnosis says which model Pincer would take.
    expect(await chosen()).toBe('ollama/qwen3:8b');
    expect(screen.getByText(/Nothing is set yet/)).toBeTruthy();
    await choose('OpenClaw’s model', 'ollama/qwen3.5:9b');
    expect(await asked(backend)).toEqual({
      ...untouched, primary: 'qwen3.5:9b', listed: [plain('qwen3:8b'), plain('qwen3.5:9b'), plain('mistral:latest')],
    });
  });

  test('cannot be chosen in a file that cannot be read', async () => {
    open(worlds.unreadable, 'settings');
    expect(await screen.findByText(/line 12, column 18/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Show what changes' })).toBeNull();
  });

  test('names where a file will be that is not there yet', async () => {
    open(worlds.bare, 'settings');
    expect(await screen.findByText(/not there yet/)).toBeTruthy();
    expect(await screen.findByText('Pincer has not changed anything yet.')).toBeTruthy();
  });

  test('names agents with a model of their own', async () => {
    open(set({ agents: ['writer', 'coder'] }), 'settings');
    const note = (await screen.findByText(/what you choose here does not count for them/)).parentElement;
    expect(note?.textContent).toContain('writer');
    expect(note?.textContent).toContain('coder');
  });
});

describe('automatic', () => {
  test.each([
    [{ tokens: 32_768 }, 'conversations of up to 32,768 tokens'],
    [{ tokens: null, maximum: true }, 'whatever the memory of this computer'],
    [{ tokens: null, maximum: false }, 'often 4,096 tokens'],
  ])('says what runs: %j', async (change, words) => {
    open(set({ automatic: { ...settingsState().automatic, ...change } }), 'settings');
    expect(await screen.findByText(new RegExp(words))).toBeTruthy();
    expect((await radio(/^Automatic/)).disabled).toBe(false);
  });

  test('says what else may be offered, and from when it is recommended', async () => {
    const automatic = { ...settingsState().automatic, advised: false, offersOnline: false };
    const { backend } = open(set({ automatic }), 'settings');
    expect(await screen.findByText(/may also offer models that can only chat\.$/)).toBeTruthy();
    expect(screen.getByText(/Recommended from OpenClaw 2026\.8\.2 on/)).toBeTruthy();
    backend.push({ settings: settingsState() });
    expect(await screen.findByText(/and online ones\.$/)).toBeTruthy();
    expect(screen.queryByText(/Recommended from/)).toBeNull();
  });

  test('cannot be chosen where it does not work, with the reason', async () => {
    open(set({ automatic: { ...settingsState().automatic, possible: false } }), 'settings');
    const choice = await radio(/^Automatic/);
    expect(choice.disabled).toBe(true);
    expect(document.getElementById(choice.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
      'Not possible with your OpenClaw 2026.9.6: it works from 2026.2.17 on.',
    );
  });

  test('has no list', async () => {
    const { backend } = open(set(), 'settings');
    await fireEvent.click(await box(/^gemma3/));
    await fireEvent.click(await radio(/^Automatic/));
    expect(screen.queryByRole('checkbox', { name: /^gemma3/ })).toBeNull();
    expect(await asked(backend)).toEqual({ ...untouched, mode: 'automatic' });
  });
});

describe('the address', () => {
  test('of another machine is tested before it is asked for', async () => {
    const { backend } = open(set(), 'settings');
    await fireEvent.click(await radio('Another machine'));
    await fireEvent.input(screen.getByRole('textbox', { name: 'Address of the other machine' }), { target: { value: ' 192.168.1.20/v1 ' } });
    await press('Test');
    expect(await screen.findByText('Ollama 0.32.15 answered at http://192.168.1.20:11434: 3 models.')).toBeTruthy();
    expect(screen.getByText('The models below are those of http://192.168.1.20:11434.')).toBeTruthy();
    expect(await asked(backend)).toEqual({ ...untouched, address: 'http://192.168.1.20:11434' });
    expect(backend.calls.filter((call) => call.name === 'testAddress')).toEqual([{ name: 'testAddress', value: '192.168.1.20/v1' }]);
  });

  test('that answered has its own models to choose from', async () => {
    const { backend } = open(set(), 'settings');
    backend.elsewhere = [...mixed.slice(0, 1), ...mixed.slice(3, 4), model('gpt-oss:20b')];
    const offered = () => [...screen.getByRole('combobox', { name: 'OpenClaw’s model' }).querySelectorAll('option')].map((one) => one.value);
    await fireEvent.click(await radio('Another machine'));
    await fireEvent.input(screen.getByRole('textbox', { name: 'Address of the other machine' }), { target: { value: 'nas' } });
    expect(screen.getByText('Until the new address is tested, the models below are those of http://127.0.0.1:11434.')).toBeTruthy();
    expect(offered()).toContain('ollama/qwen3.5:9b');
    await press('Test');
    await screen.findByText('The models below are those of http://nas:11434.');
    expect(offered()).toEqual(['ollama/qwen3:8b', 'ollama/gpt-oss:20b', 'ollama/gemma3:4b']);
    const absent = screen.getByRole('group', { name: 'In the settings, not installed' });
    expect(within(absent).getAllByRole('checkbox').map((one) => (one.closest('[data-row]') as HTMLElement).dataset.row)).toEqual([
      'qwen3.5:9b', 'mistral:latest',
    ]);
    expect(document.querySelector('[data-fallback="ollama/mistral:latest"]')?.textContent).toContain('not installed');

    await choose('OpenClaw’s model', 'ollama/gpt-oss:20b');
    expect((await box(/^gpt-oss/)).checked).toBe(true);
    expect(await asked(backend)).toMatchObject({ primary: 'gpt-oss:20b', address: 'http://nas:11434', listed: null });
    await press('Not now');
    await fireEvent.click(await radio(/^This computer/));
    expect(offered()).toContain('ollama/qwen3.5:9b');
  });

  test('that answered gives the list of a first time', async () => {
    const { backend } = open({ ...worlds.unset, settings: { ...settingsOff, entries: [] } }, 'settings');
    await fireEvent.click(await radio('Another machine'));
    await fireEvent.input(screen.getByRole('textbox', { name: 'Address of the other machine' }), { target: { value: 'nas' } });
    expect(await asked(backend)).toMatchObject({
      address: 'http://nas:11434', allReady: false, listed: ['qwen3:8b', 'mistral:latest', 'gpt-oss:20b'].map(plain),
    });
  });

  test('that does not answer is not asked for', async () => {
    const { backend } = open(set(), 'settings');
    await fireEvent.click(await radio('Another machine'));
    const field = screen.getByRole('textbox', { name: 'Address of the other machine' });
    await fireEvent.input(field, { target: { value: 'nas' } });
    backend.failing.set('testAddress', failureOf({ code: 'ollama.refused', params: { url: 'http://nas:11434' } }));
    await press('Show what changes');
    expect(await screen.findByText(/It is written only when one answers/)).toBeTruthy();
    expect(screen.getAllByRole('alert').some((note) => note.textContent.includes('http://nas:11434'))).toBe(true);
    expect(document.activeElement).toBe(field);
    expect(backend.calls.map((call) => call.name)).not.toContain('previewUse');
  });

  test('is forgotten as tested when it is changed', async () => {
    const { backend } = open(set(), 'settings');
    await fireEvent.click(await radio('Another machine'));
    const field = screen.getByRole('textbox', { name: 'Address of the other machine' });
    await fireEvent.input(field, { target: { value: 'nas' } });
    await press('Test');
    await screen.findByText(/answered at http:\/\/nas/);
    await fireEvent.input(field, { target: { value: 'nas2' } });
    expect(screen.queryByText(/answered at/)).toBeNull();
    expect((await asked(backend))).toMatchObject({ address: 'http://nas2:11434' });
  });

  test('can come back to this computer', async () => {
    const { backend } = open(set({ baseUrl: 'http://nas:11434' }), 'settings');
    expect((await radio('Another machine')).checked).toBe(true);
    await fireEvent.click(await radio(/^This computer/));
    expect(await asked(backend)).toMatchObject({ address: 'http://127.0.0.1:11434' });
  });

  test('that is empty asks for one', async () => {
    const { backend } = open(set(), 'settings');
    await fireEvent.click(await radio('Another machine'));
    await press('Test');
    expect(screen.getByText(/^Write the address first/)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Address of the other machine' }));
    expect(backend.calls.map((call) => call.name)).not.toContain('testAddress');
  });
});

describe('the model and the next choices', () => {
  const many = { fallbacks: ['ollama/mistral:latest', 'anthropic/claude', 'ollama/kimi-k2:1t-cloud'] };
  const order = () => [...document.querySelectorAll('[data-fallback]')].map((item) => item.getAttribute('data-fallback'));

  test('the model is one of the installed ones, those that can act first', async () => {
    open(set({ primary: 'anthropic/claude' }), 'settings');
    const select = await screen.findByRole('combobox', { name: 'OpenClaw’s model' });
    expect([...select.querySelectorAll('optgroup')].map((group) => group.label)).toEqual(['Can act', 'Chat only', 'Run online', 'Not known']);
    expect(within(select).getByRole('option', { name: 'anthropic/claude (not Ollama’s)' })).toBeTruthy();
    expect(within(select).queryByRole('option', { name: 'nomic-embed-text:latest' })).toBeNull();
  });

  test('of another provider has to be replaced first', async () => {
    const { backend } = open(set({ primary: 'anthropic/claude' }), 'settings');
    await press('Show what changes');
    expect(await screen.findByText(/Which model shall OpenClaw use/)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('combobox', { name: 'OpenClaw’s model' }));
    expect(backend.calls.map((call) => call.name)).not.toContain('previewUse');
    await choose('OpenClaw’s model', 'ollama/qwen3:8b');
    expect(screen.queryByText(/Which model shall OpenClaw use/)).toBeNull();
  });

  test('that is in the settings and not installed is said', async () => {
    open(set({ primary: 'ollama/gone:1b' }), 'settings');
    expect(await screen.findByRole('option', { name: 'gone:1b (in the settings, not installed)' })).toBeTruthy();
    expect(await chosen()).toBe('ollama/gone:1b');
  });

  test('move by buttons, and it is said; the focus stays', async () => {
    const { backend } = open(set(many), 'settings');
    await press('Move down: mistral:latest');
    await press('Move down: mistral:latest');
    expect(order()).toEqual(['anthropic/claude', 'ollama/kimi-k2:1t-cloud', 'ollama/mistral:latest']);
    expect(await screen.findByText('mistral:latest is now number 3 of 3.')).toBeTruthy();
    const down = screen.getByRole('button', { name: 'Move down: mistral:latest' });
    await expect.poll(() => document.activeElement).toBe(down);
    expect(down.getAttribute('aria-disabled')).toBe('true');
    await fireEvent.click(down);
    expect(order()).toHaveLength(3);
    expect(await asked(backend)).toEqual({ ...untouched, fallbacks: ['anthropic/claude', 'ollama/kimi-k2:1t-cloud', 'ollama/mistral:latest'] });
  });

  test('say which is not installed', async () => {
    open(set({ fallbacks: ['ollama/gone:1b', 'ollama/mistral'] }), 'settings');
    expect(await screen.findAllByText('in the settings, not installed')).toHaveLength(1);
    expect(document.querySelector('[data-fallback="ollama/gone:1b"]')?.textContent).toContain('not installed');
  });

  test('are added and removed', async () => {
    const { backend } = open(set(), 'settings');
    await choose('Add a next choice', 'qwen3.5:9b');
    await press('Add');
    await press('Remove: mistral:latest');
    expect(order()).toEqual(['ollama/qwen3.5:9b']);
    await expect.poll(() => document.activeElement).toBe(screen.getByRole('button', { name: 'Remove: qwen3.5:9b' }));
    expect(await asked(backend)).toEqual({ ...untouched, fallbacks: ['ollama/qwen3.5:9b'] });
  });

  test('put back in their old order are no choice any more', async () => {
    open(set(many), 'settings');
    await press('Move down: mistral:latest');
    expect(screen.getByRole('button', { name: 'Discard my choices' })).toBeTruthy();
    await press('Move up: mistral:latest');
    expect(screen.queryByRole('button', { name: 'Discard my choices' })).toBeNull();
  });

  test('“local only” is there when one runs online, and marks those that go', async () => {
    const { backend } = open(set(many), 'settings');
    await fireEvent.click(await box(/^Local only/));
    expect(screen.getAllByText('runs online: will be taken out')).toHaveLength(2);
    expect(await asked(backend)).toEqual({ ...untouched, localOnly: true });
    backend.push({ settings: settingsState() });
    await expect.poll(() => screen.queryByText('Local only')).toBeNull();
  });
});

describe('the list', () => {
  const listed = ['qwen3:8b', 'mistral:latest', 'gone:1b'];

  test('shows what is written and not installed, and says what unticking does', async () => {
    const { backend } = open(set({ listed, entries: listed.map(plain) }), 'settings');
    const group = await screen.findByRole('group', { name: 'In the settings, not installed' });
    const gone = within(group).getByRole<HTMLInputElement>('checkbox', { name: 'gone:1b' });
    expect(gone.checked).toBe(true);
    await fireEvent.click(await box(/^gemma3/));
    expect(await asked(backend)).toMatchObject({
      listed: ['qwen3:8b', 'mistral:latest', 'gemma3:4b', 'gone:1b'].map(plain),
    });
    await press(/^(Not now|Close)$/);
    await fireEvent.click(gone);
    expect(within(group).getByText(/taken out of OpenClaw’s settings, with everything written there for it/)).toBeTruthy();
    expect(await asked(backend)).toMatchObject({ listed: ['qwen3:8b', 'mistral:latest', 'gemma3:4b'].map(plain) });
  });

  test('has chat-only ones to tick on purpose, with the plain note', async () => {
    open(set(), 'settings');
    const chatter = await box(/^gemma3/);
    expect(chatter.checked).toBe(false);
    await fireEvent.click(chatter);
    expect(screen.getByText('This model can chat but cannot use tools, so OpenClaw cannot act with it.')).toBeTruthy();
    expect(screen.getByText('the models that OpenClaw gets')).toBeTruthy();
  });

  test('keeps the model and the next choices ticked', async () => {
    open(set({ listed: [], entries: [] }), 'settings');
    for (const name of [/^qwen3:8b/, /^mistral/]) {
      expect((await box(name)).checked).toBe(true);
      expect((await box(name)).disabled).toBe(true);
    }
  });

  test('says nothing of “not installed” while Ollama does not answer', async () => {
    const problem = failureOf({ code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } });
    open({ ...set(), models: { ...modelsState([]), problem } }, 'settings');
    expect(await screen.findByRole('group', { name: 'In the settings' })).toBeTruthy();
    expect(screen.queryByText(/not installed/)).toBeNull();
  });

  test('numbers are the user’s own, whole, and empty is the model’s', async () => {
    const entries = [plain('qwen3:8b'), { id: 'qwen3.5:9b', contextWindow: 65_536, maxTokens: null }, plain('mistral:latest')];
    const { backend } = open(set({ entries }), 'settings');
    const window = async (name: string) =>
      screen.findByRole<HTMLInputElement>('textbox', { name: `Conversation length in tokens (contextWindow) ${name}`, hidden: true });
    expect((await window('qwen3.5:9b')).value).toBe('65536');
    await fireEvent.input(await window('qwen3.5:9b'), { target: { value: '' } });
    await fireEvent.input(await window('qwen3:8b'), { target: { value: '32 000,5' } });
    expect((await window('qwen3:8b')).closest('details')?.open).toBe(true);
    await press('Show what changes');
    expect(await screen.findByText('One of the numbers above is not a whole number.')).toBeTruthy();
    expect(document.activeElement).toBe(await window('qwen3:8b'));
    await fireEvent.input(await window('qwen3:8b'), { target: { value: '32 000' } });
    expect(screen.queryByText('One of the numbers above is not a whole number.')).toBeNull();
    expect(await asked(backend)).toMatchObject({
      listed: [
        { id: 'qwen3:8b', contextWindow: 32_000, maxTokens: null },
        { id: 'qwen3.5:9b', contextWindow: 262_144, maxTokens: null },
        plain('mistral:latest'),
      ],
    });
  });

  test('can be searched when it is long', async () => {
    open(worlds.many, 'settings');
    await fireEvent.input(await screen.findByRole('searchbox'), { target: { value: 'experiment-19:' } });
    await expect.poll(() => screen.queryAllByRole('checkbox').length).toBe(1);
  });
});

describe('the length of conversation', () => {
  const name = 'Length of conversation';
  const options = async () =>
    [...(await screen.findByRole('combobox', { name })).querySelectorAll('option')].map((one) => one.textContent.trim());
  const own = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Tokens' });
  const listed = ['qwen3:8b', 'qwen3.5:9b', 'mistral:latest'].map(plain);

  test('is as it is, or one of a few', async () => {
    const { backend } = open(set(), 'settings');
    expect(await options()).toEqual([
      'As it is: 32,768', '16,384 tokens', '65,536 tokens', '131,072 tokens', 'Another number',
    ]);
    expect(screen.getByText('32,768 tokens are about 25,000 words.')).toBeTruthy();
    backend.push({ settings: settingsState({ context: null }) });
    await expect.poll(async () => (await options())[0]).toBe('As it is');
    expect(await options()).toHaveLength(6);
    backend.push({ settings: settingsOff });
    await expect.poll(async () => (await options())[0]).toBe('Usual: 32,768');
  });

  test('is asked for with every model of the list', async () => {
    const { backend } = open(set(), 'settings');
    await choose(name, '65536');
    expect(screen.getByText('the length of conversation')).toBeTruthy();
    expect(await asked(backend)).toEqual({ ...untouched, context: 65_536, listed });
    expect(await screen.findByText(/Ollama runs conversations of 65,536 tokens with 3 models\.$/)).toBeTruthy();
  });

  test.each([
    ['32 000', 32_000, false], ['1024', 1024, true], ['15\u202f999', 15_999, true], ['1048576', 1_048_576, false],
  ])('of one’s own: “%s”', async (typed, tokens, small) => {
    const { backend } = open(set(), 'settings');
    await choose(name, 'own');
    await expect.poll(() => document.activeElement).toBe(own());
    await fireEvent.input(own(), { target: { value: typed } });
    expect(own().getAttribute('aria-invalid')).toBeNull();
    expect(screen.queryByText(/with less it may forget, or refuse/) !== null).toBe(small);
    expect(await asked(backend)).toMatchObject({ context: tokens });
  });

  test.each(['1023', '1048577', '32.5', 'many', '-1'])('“%s” is none, said as it is typed', async (typed) => {
    const { backend } = open(set(), 'settings');
    await choose(name, 'own');
    expect(own().getAttribute('aria-invalid')).toBeNull();
    await fireEvent.input(own(), { target: { value: typed } });
    expect(own().getAttribute('aria-invalid')).toBe('true');
    await press('Show what changes');
    expect(await screen.findByText('The length of conversation above is not a whole number from 1,024 to 1,048,576.')).toBeTruthy();
    await expect.poll(() => document.activeElement).toBe(own());
    expect(backend.calls).toEqual([]);
    await fireEvent.input(own(), { target: { value: '20000' } });
    expect(screen.queryByText(/above is not a whole number/)).toBeNull();
  });

  test('left empty asks for a number', async () => {
    open(set(), 'settings');
    await choose(name, 'own');
    await press('Show what changes');
    expect(await screen.findByText(/^The length of conversation above is not/)).toBeTruthy();
  });

  test('is forgotten as a choice when it is what is set', async () => {
    const { backend } = open(set(), 'settings');
    await choose(name, '65536');
    backend.push({ settings: settingsState({ context: 65_536 }) });
    await expect.poll(() => screen.queryByRole('button', { name: 'Discard my choices' })).toBeNull();
    expect((await options())[0]).toBe('As it is: 65,536');
  });

  test('is nothing to choose in the automatic way, nor where OpenClaw cannot be told', async () => {
    const { backend } = open(set(), 'settings');
    await choose(name, '65536');
    await fireEvent.click(await radio(/^Automatic/));
    expect(screen.queryByRole('combobox', { name })).toBeNull();
    expect(await asked(backend)).toMatchObject({ mode: 'automatic', context: null });
    await press('Not now');
    await fireEvent.click(await radio(/^Pinned/));
    backend.push({ settings: settingsState({ contextSettable: false }) });
    expect(await screen.findByText(/^Your version of OpenClaw cannot be told/)).toBeTruthy();
    expect(await asked(backend)).toEqual(untouched);
  });
});

describe('choices', () => {
  test('survive another screen; what was not touched follows what is set', async () => {
    const { backend } = open(set(), 'settings');
    await choose('OpenClaw’s model', 'ollama/qwen3.5:9b');
    location.hash = 'models';
    await screen.findByRole('heading', { level: 1, name: 'Models' });
    location.hash = 'settings';
    await screen.findByRole('heading', { level: 1, name: 'OpenClaw settings' });
    backend.push({ settings: settingsState({ primary: 'ollama/mistral:latest', fallbacks: ['ollama/gemma3:4b'], mode: 'automatic' }) });
    expect(await chosen()).toBe('ollama/qwen3.5:9b');
    expect((await radio(/^Automatic/)).checked).toBe(true);
    expect(await screen.findByRole('button', { name: 'Remove: gemma3:4b' })).toBeTruthy();
  });

  test('are discarded when asked', async () => {
    open(set(), 'settings');
    await choose('OpenClaw’s model', 'ollama/qwen3.5:9b');
    await fireEvent.click(await radio(/^Automatic/));
    await press('Discard my choices');
    expect(await chosen()).toBe('ollama/qwen3:8b');
    expect((await radio(/^Pinned/)).checked).toBe(true);
    expect(await screen.findByText('Your choices are discarded. You see what is set.')).toBeTruthy();
  });

  test('are done with when they are applied, and stay when they are not', async () => {
    const { backend } = open(set(), 'settings');
    await choose('OpenClaw’s model', 'ollama/qwen3.5:9b');
    await asked(backend);
    await press('Not now');
    expect(await screen.findByRole('button', { name: 'Discard my choices' })).toBeTruthy();
    await asked(backend);
    await press('Apply');
    await expect.poll(() => screen.queryByRole('button', { name: 'Discard my choices' })).toBeNull();
    expect(await chosen()).toBe('ollama/qwen3.5:9b');
    expect((await screen.findAllByRole('button', { name: /^Undo: qwen3\.5:9b/ })).length).toBeGreaterThan(0);
  });

  test('that Pincer refuses are kept, with the reason beside the button', async () => {
    const { backend } = open(set(), 'settings');
    await choose('OpenClaw’s model', 'ollama/qwen3.5:9b');
    backend.failing.set('previewUse', failureOf({ code: 'settings.automatic-not-possible', params: { since: '2026.5.28', address: null } }));
    await press('Show what changes');
    expect((await screen.findByRole('alert')).textContent).toContain('2026.5.28');
    expect(await chosen()).toBe('ollama/qwen3.5:9b');
  });
});

describe('the history', () => {
  const receipts = (count: number): ReceiptSummary[] =>
    Array.from({ length: count }, (_, at) => ({ ...lastChange, id: `r${count - at}`, at: lastChange.at + (count - at) * 60_000 }));

  function remembering(history: ReceiptSummary[], world: World = worlds.well) {
    const backend = new FakeBackend(structuredClone(world));
    backend.receipts = history;
    open({}, 'settings', backend);
    return backend;
  }

  test('takes the last change back, and says so of the change and not of the undo', async () => {
    const backend = remembering([lastChange]);
    const last = await screen.findByRole('region', { name: 'Last change' });
    await fireEvent.click(within(last).getByRole('button', { name: /^Undo/ }));
    expect(await screen.findByText('A change was undone')).toBeTruthy();
    expect(screen.getAllByText('undone since')).toHaveLength(1);
    backend.receipts = backend.receipts.map((one) => ({ ...one, undoneBy: 'later' }));
    backend.push({ settings: settingsState({ lastChange: { ...lastChange, id: 'later' } }) });
    await expect.poll(() => screen.queryAllByRole('button', { name: /^Undo: A change/ }).length).toBe(0);
    expect(screen.getAllByText('undone since')).toHaveLength(1);
  });

  test('each change has its own Undo, which says what goes with it', async () => {
    const backend = remembering(receipts(3));
    await screen.findByText('2 later changes go with it.');
    const second = document.querySelector<HTMLElement>('[data-receipt=r2]');
    const undo = within(second as HTMLElement).getByRole('button', { name: /^Undo/ });
    expect(document.getElementById(undo.getAttribute('aria-describedby') ?? '')?.textContent).toBe('1 later change goes with it.');
    await fireEvent.click(undo);
    // What goes with it is named, and nothing is done before a yes.
    expect(backend.calls).toEqual([]);
    const asked = within(second as HTMLElement).getByRole('group', { name: '1 later change goes with it.' });
    expect(within(asked).getAllByRole('listitem')).toHaveLength(1);
    await press('Not now');
    expect(document.activeElement).toBe(undo);
    await fireEvent.click(undo);
    await press('Undo all of them');
    expect(backend.calls).toEqual([{ name: 'undo', value: { receipt: 'r2', force: false, later: ['r3'] } }]);
  });

  test('the newest goes at once, and what came since is shown before it goes, too', async () => {
    const backend = remembering(receipts(2));
    const since = { ...lastChange, id: 'r3', kind: { kind: 'gateway-at-login', params: {} } } as const;
    backend.failing.set('undo', failureOf({ code: 'undo.takes-later', params: { later: [since] } }));
    await screen.findByText('1 later change goes with it.');
    const newest = document.querySelector<HTMLElement>('[data-receipt=r2]');
    await fireEvent.click(within(newest as HTMLElement).getByRole('button', { name: /^Undo/ }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('OpenClaw starts when you log in');
    backend.failing.clear();
    await press('Undo all of them');
    expect(backend.calls).toEqual([
      { name: 'undo', value: { receipt: 'r2', force: false, later: [] } },
      { name: 'undo', value: { receipt: 'r2', force: false, later: ['r3'] } },
    ]);
  });

  test('shows the difference of a change to now when it is opened', async () => {
    const backend = remembering(receipts(2));
    const fold = (await screen.findAllByText(/^Show the difference/))[1]?.closest('details') as HTMLDetailsElement;
    expect(backend.calls).toEqual([]);
    fold.open = true;
    await fireEvent(fold, new Event('toggle'));
    expect(await within(fold).findByText('primary: "anthropic/claude",')).toBeTruthy();
    expect(backend.calls).toEqual([{ name: 'difference', value: 'r1' }]);
  });

  test('puts everything back after a question', async () => {
    const backend = remembering(receipts(3));
    await press('Put back everything as it was before Pincer');
    const yes = await screen.findByRole('button', { name: 'Yes, put everything back' });
    await expect.poll(() => document.activeElement).toBe(yes);
    await fireEvent.click(yes);
    expect(backend.calls).toEqual([{ name: 'undo', value: { receipt: 'r1', force: false, later: ['r3', 'r2'] } }]);
  });

  test('shows twenty at first', async () => {
    remembering(receipts(45));
    await press('Show more');
    await expect.poll(() => document.querySelectorAll('[data-receipt]').length).toBe(40);
    await press('Show more');
    await expect.poll(() => document.querySelectorAll('[data-receipt]').length).toBe(45);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  test('that cannot be read says so', async () => {
    const backend = new FakeBackend(structuredClone(worlds.well));
    backend.failing.set('history', failureOf({ code: 'file.failed', params: { path: '/h', reason: 'permission' } }));
    open({}, 'settings', backend);
    expect((await screen.findByRole('alert')).textContent).toContain('/h could not be read or written: the system does not allow it');
  });
});

describe('what is derived', () => {
  test.each([
    ['', null], ['4096', 4096], ['32 768', 32_768], ['32\u202f768', 32_768], ['0', Number.NaN], ['-1', Number.NaN],
    ['1.5', Number.NaN], ['1e5', Number.NaN], ['many', Number.NaN],
  ])('“%s” is the number %s', (text, value) => {
    expect(wholeNumber(text)).toBe(value);
  });

  test('a window under what OpenClaw accepts is none', () => {
    expect(wholeNumber('3999', 4000)).toBeNaN();
    expect(wholeNumber('4000', 4000)).toBe(4000);
  });

  test.each([
    ['anthropic/claude', true], ['ollama/kimi-k2:1t-cloud', true], ['ollama/other:cloud', true], ['ollama/qwen3:8b', false],
    ['ollama/gone:1b', false], ['qwen3:8b', true],
  ])('%s runs online: %s', (written, online) => {
    expect(isOnline(written, mixed)).toBe(online);
  });

  test('one row for each model, whatever its spelling', () => {
    const entries = ['Mistral', 'mistral:latest', 'gone:1b', 'gone:1B', 'nomic-embed-text'].map(plain);
    const rows = rowsOf(mixed, settingsState({ entries })).filter((row) => row.entry !== null);
    expect(rows.map((row) => row.id)).toEqual(['mistral:latest', 'nomic-embed-text:latest', 'gone:1b']);
    expect(rowsOf(mixed, settingsState({ entries: [] })).map((row) => row.id)).not.toContain('nomic-embed-text:latest');
  });
});

test.each(languages)('axe finds nothing, everything open (%s)', async (language) => {
  const backend = new FakeBackend(structuredClone(set({
    fallbacks: ['ollama/mistral:latest', 'anthropic/claude'], agents: ['writer'], listed: ['gone:1b'], entries: [plain('gone:1b')],
  })));
  backend.tag = language;
  backend.receipts = [lastChange];
  open({}, 'settings', backend);
  setLanguage(language);
  const elsewhere = t('settings.address.elsewhere');
  await fireEvent.click(await screen.findByRole('radio', { name: (name) => name.startsWith(elsewhere) }));
  await fireEvent.click(await screen.findByRole('button', { name: t('settings.address.test') }));
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  await accessible();
});
