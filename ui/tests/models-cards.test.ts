import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { failureOf, type World } from '../src/lib/backend/fake';
import { model, modelsState, settingsOff, settingsState, worlds } from '../src/lib/backend/samples';
import { checked, modelWorlds, outcomes } from '../src/lib/backend/samples-models';
import type { Assessed } from '../src/lib/backend/types/Assessed';
import type { Fit } from '../src/lib/backend/types/Fit';
import { accessible, open } from './window';

// Not by role, which takes long in so large a document; that the roles are there is what axe looks for.
const card = (name: string) =>
  vi.waitFor(() => {
    const found = document.querySelector<HTMLElement>(`article[data-model="${name}"]`);
    if (!found) throw new Error(`no card of ${name}`);
    return found;
  });
const group = (name: string) => document.querySelector<HTMLElement>(`[data-group=${name}]`);

function only(one: Assessed, change: Partial<World> = {}): World {
  return { ...worlds.well, settings: settingsState({ primary: 'ollama/other:1b', fallbacks: [], listed: [] }), models: modelsState([one]), ...change };
}

/** Opens a card's details. */
async function details(name: string): Promise<HTMLElement> {
  const one = await card(name);
  const fold = within(one).getByText('Details').closest('details');
  if (!fold) throw new Error('no details');
  fold.open = true;
  await fireEvent(fold, new Event('toggle'));
  await within(one).findByText('How this is known');
  return fold;
}

describe('groups', () => {
  test('say what their models are for OpenClaw', async () => {
    open(modelWorlds.groups, 'models');
    await card('qwen3.5:9b');
    const headings = [...document.querySelectorAll('main h2')].map((heading) => heading.textContent);
    expect(headings).toEqual([
      'Recommended for OpenClaw 4', 'Can act, but often fail 2', 'Chat only 2', 'Too big for this computer 1', 'Run online 1',
      'Not known 1', 'For memory 1', 'Download a model',
    ]);
    expect(group('often-fails')?.textContent).toContain('Ollama itself says that they do not work well');
  });

  test('show OpenClaw’s model and its next choices first', async () => {
    open(modelWorlds.groups, 'models');
    const names = () => [...document.querySelectorAll('article')].map((one) => one.getAttribute('aria-label')).slice(0, 3);
    expect(names()).toEqual(['qwen3.5:9b', 'qwen3:8b', 'gpt-oss:20b']);
  });

  test('of one that is too big: using it is folded, trying it is not', async () => {
    open(modelWorlds.groups, 'models');
    const big = await card('llama3.3:70b');
    expect(within(big).queryByRole('button', { name: /^Use it:/ })).toBeNull();
    expect(within(big).getByText('Use it anyway').closest('details')?.open).toBe(false);
    expect(within(big).getByRole('button', { name: 'Try it: llama3.3:70b' })).toBeTruthy();
    expect(big.textContent).toContain('Ollama itself says that it does not work well with OpenClaw.');
  });

  test('of chat and memory have nothing to try', async () => {
    open(modelWorlds.groups, 'models');
    await card('gemma3:4b');
    for (const name of ['gemma3:4b', 'nomic-embed-text:latest']) {
      expect(within(await card(name)).queryByRole('button', { name: /^Try/ })).toBeNull();
    }
  });

  test.each([
    ['installed', 'mistral:latest', 'Use qwen3:8b', { name: 'previewUse' }],
    ['on offer', 'llama3.1:8b', 'Download qwen3.5:4b', { name: 'pull' }],
  ])('name a better model that is %s, with the way to it', async (_, weak, label, call) => {
    const { backend } = open(modelWorlds.groups, 'models');
    await fireEvent.click(within(await card(weak)).getByRole('button', { name: label }));
    expect(backend.calls[0]).toMatchObject(call);
  });

  test('say it when OpenClaw has the better one already', async () => {
    open({ ...modelWorlds.groups, settings: settingsState({ primary: 'ollama/qwen3:8b' }) }, 'models');
    const weak = await card('mistral:latest');
    expect(weak.textContent).toContain('OpenClaw uses a better one already: qwen3:8b.');
    expect(within(weak).queryByRole('button', { name: /qwen3:8b/ })).toBeNull();
  });
});

describe('a thousand models', () => {
  // Not by role: in so large a document that alone takes seconds here.
  const acting = () => document.querySelector<HTMLElement>('[data-group=recommended]')!;
  const cards = (root: ParentNode = document) => [...root.querySelectorAll('article')].map((one) => one.dataset['model']);
  const pages = () => [...acting().querySelectorAll<HTMLElement>('[role=group]')].filter((one) => one.getAttribute('aria-label')?.startsWith('Pages'));
  const press = (at: number, name: string) => fireEvent.click(within(pages()[at]!).getByText(name));

  test('never stand in the document all at once', async () => {
    open(modelWorlds.thousand, 'models');
    await screen.findByText('1,000 models in Ollama');
    expect(cards()).toHaveLength(36);
    const before = cards(acting());
    await press(0, 'Next');
    expect(cards()).toHaveLength(36);
    expect(cards(acting()).filter((name) => before.includes(name))).toEqual([]);
    expect(within(pages()[0]!).getByRole('status').textContent).toBe('13 to 24 of 533');
  });

  test('are searched as one types, from the first page on', async () => {
    open(modelWorlds.thousand, 'models');
    await screen.findByText('1,000 models in Ollama');
    await press(0, 'Next');
    const field = document.querySelector<HTMLElement>('#search')!;
    await fireEvent.input(field, { target: { value: 'MENT-12' } });
    expect(cards(acting()).slice(0, 3)).toEqual(['experiment-12:14b', 'experiment-120:14b', 'experiment-122:14b']);
    await fireEvent.input(field, { target: { value: 'ment-777' } });
    expect(cards()).toEqual(['experiment-777:8b']);
    await fireEvent.input(field, { target: { value: 'zzz' } });
    expect(screen.getByText('No model of yours has “zzz” in its name.')).toBeTruthy();
  });

  test('have pages that end; the page below leads back to the top', async () => {
    open({ ...worlds.well, models: modelsState(Array.from({ length: 29 }, (_, at) => model(`a${at}:1b`))) }, 'models');
    await card('a0:1b');
    const able = (name: string) => within(pages()[0]!).getByText(name).getAttribute('aria-disabled') !== 'true';
    expect([able('Previous'), able('Next')]).toEqual([false, true]);
    for (let turned = 0; turned < 5; turned += 1) await press(0, 'Next');
    expect(cards()).toEqual(['a24:1b', 'a25:1b', 'a26:1b', 'a27:1b', 'a28:1b']);
    expect([able('Previous'), able('Next')]).toEqual([true, false]);
    await press(1, 'Previous');
    expect(cards()).toHaveLength(12);
    expect(document.activeElement).toBe(acting().querySelector('h2'));
    await accessible(acting());
  });
});

describe('fit', () => {
  const numbers = { context: 32_768, needBytes: 17.6e9, memoryBytes: 45e9, graphicsBytes: 12e9, runsOn: 'both' } as const;
  const nothing = { context: 32_768, needBytes: null, memoryBytes: null, graphicsBytes: null, runsOn: null } as const;
  const table: [Fit, boolean, string][] = [
    [{ ...numbers, verdict: 'fits', basis: 'measured' }, false, 'Fits this computer: it has run here'],
    [{ ...numbers, verdict: 'fits', basis: 'estimated' }, false, 'Should fit this computer'],
    [{ ...numbers, verdict: 'fits', basis: 'guessed' }, false, 'Probably fits this computer'],
    [{ ...numbers, verdict: 'tight', basis: 'measured' }, false, 'Tight: it has run here, with little memory to spare'],
    [{ ...numbers, verdict: 'tight', basis: 'estimated' }, false, 'Tight: it should just fit this computer'],
    [{ ...numbers, verdict: 'tight', basis: 'guessed' }, false, 'Tight: it may just fit this computer'],
    [{ ...numbers, verdict: 'too-big', basis: 'measured' }, false, 'Too big: there was not enough memory here'],
    [{ ...numbers, verdict: 'too-big', basis: 'estimated' }, false, 'Too big for this computer, by Pincer’s estimate'],
    [{ ...numbers, verdict: 'too-big', basis: 'guessed' }, false, 'Probably too big for this computer'],
    [{ ...nothing, verdict: 'unknown', basis: 'remote' }, true, 'Pincer does not see its memory'],
    [{ ...nothing, verdict: 'fits', basis: 'measured' }, true, 'Fits that computer: it has run there'],
    [{ ...nothing, verdict: 'unknown', basis: 'no-memory' }, false, 'this computer does not say how much memory it has'],
    [{ ...nothing, verdict: 'unknown', basis: 'guessed' }, false, 'Whether it fits is not known'],
  ];
  test.each(table)('is said as surely as it is known: %j, remote %s', async (fit, remote, words) => {
    const state = modelsState([model('a:1b', { fit })], { remote, host: 'http://192.168.1.20:11434' });
    open({ ...worlds.well, models: state }, 'models');
    const text = (await card('a:1b')).textContent;
    expect(text).toContain(words);
    expect(text).toContain(remote ? 'Free, stays on http://192.168.1.20:11434' : 'Free, stays on this computer');
  });

  test('has its numbers in the folded details', async () => {
    open(only(model('a:1b', { fit: { ...numbers, verdict: 'tight', basis: 'estimated' } })), 'models');
    expect((await card('a:1b')).textContent).not.toContain('17.6 GB');
    const text = (await details('a:1b')).textContent;
    for (const part of [
      'With 32,768 tokens of conversation it needs about 17.6 GB.', 'This computer has 45 GB, 12 GB of it on the graphics card.',
      'partly on the graphics card, partly on the processor: slower', 'This is an estimate',
    ]) expect(text).toContain(part);
  });

  test.each([
    ['without a graphics card', { graphicsBytes: 0 }, false, '45 GB; no graphics card was seen'],
    ['with shared memory', { graphicsBytes: 45e9 }, true, '45 GB, shared with its graphics'],
  ])('says whose memory it is %s', async (_, change, unified, words) => {
    const one = model('a:1b', { fit: { ...numbers, ...change, verdict: 'fits', basis: 'guessed' } });
    open(only(one, { models: modelsState([one], { memory: { totalBytes: 48e9, graphics: [], unified } }) }), 'models');
    const text = (await details('a:1b')).textContent;
    expect(text).toContain(words);
    expect(text).toContain('careful guess');
  });

  test('by a load that was seen overrules what is known of the graphics card', async () => {
    const fit = { ...numbers, graphicsBytes: 0, verdict: 'fits', basis: 'measured', runsOn: 'graphics' } as const;
    open(only(model('a:1b', { fit })), 'models');
    const text = (await details('a:1b')).textContent;
    expect(text).toContain('This computer has 45 GB.');
    expect(text).toContain('It runs on the graphics card.');
  });

  test('of one that runs online is not spoken of', async () => {
    open(modelWorlds.groups, 'models');
    const online = await card('kimi-k2:1t-cloud');
    expect(online.textContent).toContain('Runs online, at ollama.com');
    expect(online.textContent).not.toMatch(/fit/i);
  });
});

describe('the conversation', () => {
  test('is told as the most, what OpenClaw asks for, and what runs', async () => {
    const inMemory = { sizeBytes: 1e10, onGraphicsCard: 1, context: 4096, until: null };
    open(only(model('a:1b', { contextWindow: 262_144, askedContext: 65_536, inMemory })), 'models');
    const rows = within(await details('a:1b')).getAllByRole('definition').map((one) => one.textContent?.trim());
    for (const row of ['262,144 tokens, about 200,000 words', '65,536 tokens, about 49,000 words', '4,096 tokens, about 3,100 words']) {
      expect(rows).toContain(row);
    }
  });

  test('that nobody asks for yet: what is recommended', async () => {
    open(only(model('a:1b')), 'models');
    const text = (await details('a:1b')).textContent;
    expect(text).toContain('Its settings do not say. 32,768 tokens are recommended.');
    expect(text).toContain('Nothing: it is not in memory.');
  });
});

describe('in memory', () => {
  const state = (onGraphicsCard: number, until: number | null) =>
    only(model('a:1b', { inMemory: { sizeBytes: 1e10, onGraphicsCard, context: 32_768, until } }));

  test.each([
    [1, 'In memory, on the graphics card'],
    [0, 'In memory, on the processor'],
    [0.62, 'In memory, 62% on the graphics card, the rest on the processor'],
  ])('is said with its share on the graphics card: %d', async (share, words) => {
    open(state(share, null), 'models');
    expect((await card('a:1b')).textContent).toContain(words);
  });

  test.each([
    ['a while', Date.now() + 3_600_000, /until .*\d:\d\d/],
    ['ever', Date.now() + 9e12, /until you unload it/],
  ])('is said with its end: for %s', async (_, until, words) => {
    open(state(1, until), 'models');
    expect((await card('a:1b')).querySelector('[data-loaded]')?.textContent).toMatch(words);
  });

  test('is left by Unload', async () => {
    const { backend } = open(state(1, null), 'models');
    const button = await screen.findByRole('button', { name: 'Unload: a:1b' });
    button.focus();
    await fireEvent.click(button);
    expect(backend.calls).toEqual([{ name: 'unloadModel', value: 'a:1b' }]);
    await expect.poll(() => screen.queryByText(/^In memory/)).toBeNull();
    const one = await card('a:1b');
    await expect.poll(() => document.activeElement).toBe(one);
  });

  test('stays with its reason when Unload fails', async () => {
    const { backend } = open(state(1, null), 'models');
    backend.failing.set('unloadModel', failureOf({ code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Unload: a:1b' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Nothing answers at http://127.0.0.1:11434');
    expect(screen.getByRole('button', { name: 'Unload: a:1b' }).getAttribute('aria-disabled')).toBe('false');
  });
});

describe('Try it', () => {
  test('says what is normal, counts, tells its phases, and ends in words', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    try {
      const { backend } = open(only(model('a:1b')), 'models');
      expect((await card('a:1b')).textContent).toContain('Not tried yet');
      await fireEvent.click(screen.getByRole('button', { name: 'Try it: a:1b' }));
      expect(backend.calls).toEqual([{ name: 'checkModel', value: 'a:1b' }]);
      expect(await screen.findByText(/a minute or more without a graphics card; this is normal/)).toBeTruthy();
      expect(screen.getByText(/The whole try takes at most 10 minutes\./)).toBeTruthy();
      const busy = screen.getByRole('button', { name: 'Trying…: a:1b' });
      expect(busy.getAttribute('aria-disabled')).toBe('true');
      await fireEvent.click(busy);
      expect(backend.calls).toHaveLength(1);
      const told = () => screen.getByTestId('told-check').textContent;
      expect(told()).toBe('a:1b: Ollama loads the model.');
      vi.advanceTimersByTime(12_000);
      await expect.poll(() => screen.getByRole('timer').textContent).toBe('12 seconds');
      expect(told()).toBe('a:1b: Ollama loads the model.');
      vi.advanceTimersByTime(20_000);
      await expect.poll(told).toBe('a:1b: still trying, 30 seconds.');
      const check = backend.world.checks![0]!;
      backend.pushCheck({ ...check, phase: 'answering' });
      expect(await screen.findByText(/It is loaded and works on its answer/)).toBeTruthy();
      await expect.poll(told).toBe('a:1b is loaded and works on its answer.');
      backend.pushCheck({ ...check, phase: 'ended', result: checked({ code: 'called-tool', params: {} }, { at: Date.now() }) });
      expect(await screen.findByText('It works: it called the tool')).toBeTruthy();
      await expect.poll(told).toBe('a:1b: It works: it called the tool.');
      const text = (await card('a:1b')).textContent;
      for (const part of [
        'first word after 3.2 seconds', '12 seconds in all', '31 tokens a second', 'conversation of 32,768 tokens',
        '100% on the graphics card', 'This proves the model, not OpenClaw',
      ]) expect(text).toContain(part);
      expect(screen.getByRole('button', { name: 'Try again: a:1b' })).toBeTruthy();
      expect(screen.queryByRole('timer')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  test('waits while another one is tried, and can be cancelled as it waits', async () => {
    const models = modelsState([model('a:1b'), model('b:1b')]);
    const { backend } = open({ ...worlds.well, models }, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Try it: a:1b' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Try it: b:1b' }));
    const group = await screen.findByRole('group', { name: 'Waiting its turn: b:1b' });
    expect(group.textContent).toContain('Pincer tries one model at a time');
    expect(within(group).queryByRole('timer')).toBeNull();
    await expect.poll(() => screen.getByTestId('told-check').textContent).toBe('b:1b waits until the other one is tried.');
    await fireEvent.click(within(group).getByRole('button', { name: 'Cancel the try of b:1b' }));
    expect(backend.calls.at(-1)).toEqual({ name: 'cancelCheck', value: 'b:1b' });
    expect(await screen.findByText('You stopped the try; it showed nothing.')).toBeTruthy();
    expect(screen.getByRole('group', { name: 'Trying it: a:1b' })).toBeTruthy();
  });

  test('can be cancelled; the focus stays with the card', async () => {
    const { backend } = open(only(model('a:1b')), 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Try it: a:1b' }));
    const cancel = await screen.findByRole('button', { name: 'Cancel the try of a:1b' });
    cancel.focus();
    await fireEvent.click(cancel);
    expect(backend.calls.at(-1)).toEqual({ name: 'cancelCheck', value: 'a:1b' });
    expect(await screen.findByText('You stopped the try; it showed nothing.')).toBeTruthy();
    const one = await card('a:1b');
    await expect.poll(() => document.activeElement).toBe(one);
    expect(one.textContent).toContain('Not tried yet');
  });

  test('that could not begin says why', async () => {
    const { backend } = open(only(model('a:1b')), 'models');
    backend.failing.set('checkModel', failureOf({ code: 'model.not-installed', params: { name: 'a:1b', nearest: [] } }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Try it: a:1b' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Ollama does not have a:1b');
  });

  const ways: Record<string, [string, string]> = {
    'called-tool': ['It works', 'This proves the model, not OpenClaw'],
    'call-as-text': ['It wrote the call as text', 'Choose one of the recommended models'],
    'no-call': ['did not call the tool', 'asked twice'],
    'no-tools': ['it has no tools', 'OpenClaw can only chat with it'],
    'not-enough-memory': ['not enough memory', 'It needs 43.2 GB, and 21.4 GB were free. Close other programs'],
    'runner-missing': ['A part of Ollama is missing', 'Installing Ollama again'],
    'cpu-unsupported': ['This processor cannot run it', 'Updating Ollama may help'],
    busy: ['busy with something else', 'Wait until it has finished'],
    'sign-in': ['wants you to sign in', 'ollama signin'],
    'cut-off': ['was cut off', 'longer conversation'],
    'too-slow': ['No whole answer came in time', 'Pincer waited 10 min. It is too slow here, or Ollama was busy with something else'],
    failed: ['The try did not work', 'The connection to http://127.0.0.1:11434 was cut'],
  };
  test.each(outcomes)('$outcome.code has its words and a way out', async (result) => {
    const check = { model: 'a:1b', phase: 'ended', since: 0, result } as const;
    open({ ...only(model('a:1b')), checks: [check] }, 'models');
    const text = (await card('a:1b')).textContent;
    for (const part of ways[result.outcome.code] ?? ['?']) expect(text).toContain(part);
    expect(screen.getByTestId('told-check').textContent).toBe('');
  });

  test('without numbers from Ollama still says what to do about memory', async () => {
    const result = checked({ code: 'not-enough-memory', params: { needBytes: null, haveBytes: null } });
    open(only(model('a:1b', { checked: result })), 'models');
    const text = (await card('a:1b')).textContent;
    expect(text).toContain('Close other programs and unload other models');
    expect(text).not.toContain('{');
  });

  test('that went well before is one line with its day; the numbers are folded', async () => {
    open(only(model('a:1b', { checked: checked({ code: 'called-tool', params: {} }) })), 'models');
    const one = await card('a:1b');
    expect(one.textContent).toMatch(/A real call showed that it uses tools: Mar 13, 2026/);
    expect(one.textContent).not.toContain('31 tokens a second');
    expect((await details('a:1b')).textContent).toContain('31 tokens a second');
  });

  test('says it when Ollama ran it too short for OpenClaw', async () => {
    open(only(model('a:1b', { checked: checked({ code: 'no-call', params: {} }, { contextRunning: 4096 }) })), 'models');
    expect((await card('a:1b')).textContent).toContain('Ollama ran it with 4,096 tokens; OpenClaw’s own instructions need 16,000.');
  });
});

describe('As second choice', () => {
  test('keeps the model, adds behind the others, and is shown first', async () => {
    const { backend } = open({ ...modelWorlds.groups }, 'models');
    await fireEvent.click(within(await card('gpt-oss:20b')).getByRole('button', { name: 'As next choice: gpt-oss:20b' }));
    expect(backend.calls).toEqual([
      {
        name: 'previewUse',
        value: {
          primary: 'qwen3.5:9b', fallbacks: ['ollama/qwen3:8b', 'ollama/gpt-oss:20b'], models: [], allReady: false,
          context: null, mode: null, address: null, listed: null, localOnly: false,
        },
      },
    ]);
    expect(await screen.findByRole('heading', { name: 'gpt-oss:20b becomes a next choice' })).toBeTruthy();
    expect(screen.getByText(/OpenClaw’s next choices become qwen3:8b and gpt-oss:20b/)).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(within(await card('gpt-oss:20b')).getByText('Choice 3')).toBeTruthy();
    expect(within(await card('qwen3.5:9b')).getByText('OpenClaw’s model')).toBeTruthy();
  });

  test('is called so when there is none, and is not there for one that is a choice already', async () => {
    open({ ...modelWorlds.groups, settings: settingsState({ primary: 'ollama/qwen3.5:9b', fallbacks: [] }) }, 'models');
    expect(within(await card('qwen3:8b')).getByText('As second choice').getAttribute('aria-label')).toBe('As second choice: qwen3:8b');
    for (const name of ['qwen3.5:9b', 'gemma3:4b', 'llama3.3:70b']) {
      expect(within(await card(name)).queryByText(/^As (second|next) choice/)).toBeNull();
    }
  });

  test.each([
    ['no model', settingsOff],
    ['another provider’s model', settingsState({ primary: 'anthropic/claude' })],
  ])('is not there while OpenClaw has %s', async (_, settings) => {
    open({ ...modelWorlds.groups, settings }, 'models');
    await card('qwen3:8b');
    expect(screen.queryByText(/^As (second|next) choice/)).toBeNull();
  });
});

describe('Remove', () => {
  async function ask(name: string) {
    const fold = await details(name);
    const button = within(fold).getByRole('button', { name: `Remove: ${name}` });
    button.focus();
    await fireEvent.click(button);
    return { button, dialog: await screen.findByRole('dialog', { name: `Remove ${name}?` }) };
  }

  test.each([
    ['qwen3.5:9b', 'OpenClaw works with it.'],
    ['qwen3:8b', 'OpenClaw has it as a next choice'],
    ['gpt-oss:20b', 'OpenClaw’s settings list it'],
  ])('says first what of OpenClaw needs %s', async (name, words) => {
    open(modelWorlds.groups, 'models');
    const { dialog } = await ask(name);
    expect(dialog.textContent).toContain(words);
    expect(dialog.textContent).toContain('This frees up to');
    await accessible(dialog);
  });

  test('asks; Keep it keeps it and gives the focus back', async () => {
    const { backend } = open(modelWorlds.groups, 'models');
    const { button, dialog } = await ask('mistral:latest');
    expect(dialog.textContent).toContain('This frees up to 4.1 GB on the disk.');
    expect(dialog.textContent).not.toContain('OpenClaw');
    const keep = within(dialog).getByRole('button', { name: 'Keep it' });
    expect(document.activeElement).toBe(keep);
    await fireEvent.click(keep);
    await expect.poll(() => document.activeElement).toBe(button);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(backend.calls).toEqual([]);
  });

  test('removes, says so, and puts the focus on the group', async () => {
    const { backend } = open(modelWorlds.groups, 'models');
    const { dialog } = await ask('mistral:latest');
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Remove it' }));
    expect(await screen.findByText('mistral:latest was removed.')).toBeTruthy();
    expect(backend.calls).toEqual([{ name: 'removeModel', value: 'mistral:latest' }]);
    expect(document.querySelector('[data-model="mistral:latest"]')).toBeNull();
    const rest = group('often-fails');
    await expect.poll(() => document.activeElement).toBe(rest);
  });

  test('of a group’s last one puts the focus on the screen’s heading', async () => {
    open(modelWorlds.groups, 'models');
    const { dialog } = await ask('llama3.3:70b');
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Remove it' }));
    const heading = screen.getByRole('heading', { level: 1 });
    await expect.poll(() => document.activeElement).toBe(heading);
  });

  test('that fails says why in the dialog, and can be tried again', async () => {
    const { backend } = open(modelWorlds.groups, 'models');
    backend.failing.set('removeModel', failureOf({ code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } }));
    const { dialog } = await ask('mistral:latest');
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Remove it' }));
    expect((await within(dialog).findByRole('alert')).textContent).toContain('Nothing answers');
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Remove it' }));
    expect(await screen.findByText('mistral:latest was removed.')).toBeTruthy();
  });

  test.each([
    ['online', 'kimi-k2:1t-cloud', 'takes no room here', modelWorlds.groups],
    ['elsewhere', 'qwen3:8b', 'This frees up to 5.2 GB at http://192.168.1.20:11434.', modelWorlds.remote],
  ] as [string, string, string, World][])('of one that is %s says where room is made', async (_, name, words, world) => {
    open(world, 'models');
    expect((await ask(name)).dialog.textContent).toContain(words);
  });
});

test('while Ollama does not answer, a card has nothing to press', async () => {
  const problem = failureOf({ code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } });
  open({ ...modelWorlds.groups, models: { ...modelWorlds.groups.models, problem } }, 'models');
  await details('qwen3.5:9b');
  expect(within(await card('qwen3.5:9b')).queryByRole('button')).toBeNull();
  expect((await card('qwen3.5:9b')).querySelector('[data-loaded]')).toBeNull();
});

describe('axe finds nothing', () => {
  const { groups, trying, outcomes: ended, remote } = modelWorlds;
  test.each(Object.entries({ groups, trying, ended, remote }))('%s', async (_, world) => {
    open(world, 'models');
    await screen.findAllByRole('article');
    await accessible();
  });

  test('in opened details', async () => {
    open(modelWorlds.groups, 'models');
    await accessible(await details('gpt-oss:20b'));
  });
});
