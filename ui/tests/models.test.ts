import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { failureOf, pullOf, type World } from '../src/lib/backend/fake';
import { modelsState, worlds } from '../src/lib/backend/samples';
import { accessible, open } from './window';

const card = (name: string) => screen.findByRole('article', { name });

describe('installed models', () => {
  test('stand in groups with counts', async () => {
    open(worlds.well, 'models');
    await card('qwen3:8b');
    const headings = screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent);
    expect(headings).toEqual([
      'Recommended for OpenClaw 2', 'Can act, but often fail 1', 'Chat only 2', 'Run online 1', 'Not known 1', 'For memory 1',
      'Download a model',
    ]);
    expect(screen.getByText('8 models in Ollama')).toBeTruthy();
  });

  test('say what they can do, how long they remember, what they cost', async () => {
    open(worlds.well, 'models');
    const text = (await card('qwen3.5:9b')).textContent;
    for (const part of ['Tools', 'Thinking', 'Pictures', '262,144 tokens of conversation, about 200,000 words', '6.6 GB', 'Free, stays on this computer']) {
      expect(text).toContain(part);
    }
  });

  test('without tools say so plainly; using one to chat is folded', async () => {
    const { backend } = open(worlds.well, 'models');
    const chatter = await card('gemma3:4b');
    expect(chatter.textContent).toContain('This model can chat but cannot use tools, so OpenClaw cannot act with it.');
    expect(within(chatter).queryByRole('button', { name: /^Use it/ })).toBeNull();
    const button = within(chatter).getByText('Use for chat anyway');
    expect(button.closest('details')?.open).toBe(false);
    await fireEvent.click(button);
    expect(await screen.findByText(/^gemma3:4b can chat but cannot use tools/)).toBeTruthy();
    expect(backend.calls).toHaveLength(1);
  });

  test('with a short or guessed conversation say what OpenClaw needs', async () => {
    open(worlds.well, 'models');
    const guessed = (await card('mistral:latest')).textContent;
    expect(guessed).toContain('8,192 tokens of conversation (a guess: Ollama did not say)');
    expect(guessed).toContain('OpenClaw needs 16,000 tokens');
    expect((await card('qwen3:8b')).textContent).not.toContain('16,000');
  });

  test('for memory cannot be chosen', async () => {
    open(worlds.well, 'models');
    const memory = await card('nomic-embed-text:latest');
    expect(memory.textContent).toContain('Used for memory, not for chat.');
    expect(within(memory).queryByRole('button')).toBeNull();
  });

  test('show which one OpenClaw has; that one needs no button', async () => {
    open(worlds.well, 'models');
    const primary = await card('qwen3:8b');
    expect(within(primary).getByText('OpenClaw’s model')).toBeTruthy();
    expect(within(primary).queryByRole('button', { name: /^Use/ })).toBeNull();
    expect(within(await card('mistral:latest')).getByText('Second choice')).toBeTruthy();
  });

  test('another one is used by preview and Apply', async () => {
    const { backend } = open(worlds.well, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    expect(await screen.findByText(/qwen3.5:9b becomes OpenClaw’s model instead of qwen3:8b/)).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(within(await card('qwen3.5:9b')).getByText('OpenClaw’s model')).toBeTruthy();
    expect(backend.calls.map((call) => call.name)).toEqual(['previewUse', 'apply']);
    expect(screen.getByRole('button', { name: /^Undo/ })).toBeTruthy();
  });

  test('a preview that is refused says why, and the screen stays', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.failing.set('previewUse', failureOf({ code: 'model.not-installed', params: { name: 'qwen3.5:9b', nearest: ['qwen3:8b'] } }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Ollama does not have qwen3.5:9b. Perhaps you meant qwen3:8b');
    expect(await card('qwen3:8b')).toBeTruthy();
  });

  test('stay as last known while Ollama does not answer, without buttons', async () => {
    const { backend } = open(worlds.well, 'models');
    await card('qwen3:8b');
    backend.push({ path: worlds.stopped.path, models: modelsState(worlds.well.models.models, { problem: worlds.stopped.models.problem }) });
    expect(await screen.findByText(/These are the models known last/)).toBeTruthy();
    expect(await card('qwen3:8b')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^(Use it|Download)/ })).toBeNull();
    expect(screen.getByText('Ollama is installed but not running')).toBeTruthy();
  });
});

describe('downloads', () => {
  test('begin with a click, show one bar, and end by Use it', async () => {
    const { backend } = open({ ...worlds.unset, models: modelsState([]) }, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Download: qwen3.5:4b' }));
    expect(backend.calls).toEqual([{ name: 'pull', value: { name: 'qwen3.5:4b', forOpenclaw: true } }]);
    const bar = () => screen.findByRole('progressbar', { name: 'Download of qwen3.5:4b' });
    expect(((await bar()) as HTMLProgressElement).hasAttribute('value')).toBe(false);
    expect(screen.queryByRole('button', { name: 'Download: qwen3.5:4b' })).toBeNull();

    backend.pushPull(pullOf('qwen3.5:4b', 'downloading', 0.37, 3_389_000_000));
    await expect.poll(async () => ((await bar()) as HTMLProgressElement).value).toBe(0.37);
    const row = screen.getByTestId('pull');
    for (const part of ['37%', '1.3 GB of 3.4 GB', '11.8 MB/s', '3 minutes left']) expect(row.textContent).toContain(part);
    expect(screen.getByTestId('told').textContent).toBe('qwen3.5:4b: 30% downloaded.');

    backend.pushPull(pullOf('qwen3.5:4b', 'done', 1, 3_389_000_000));
    backend.push({ models: modelsState([{ ...worlds.well.models.models[0]!, id: 'qwen3.5:4b' }]) });
    await fireEvent.click(await within(row).findByRole('button', { name: 'Use it: qwen3.5:4b' }));
    expect(await screen.findByRole('heading', { name: 'OpenClaw will use qwen3.5:4b' })).toBeTruthy();
  });

  test('are cancelled, tried again, and taken off the list', async () => {
    const { backend } = open(worlds.downloading, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Cancel the download of qwen3.5:4b' }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Try again: qwen3.5:4b' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Remove from the list: llama3.3' }));
    expect(backend.calls).toEqual([
      { name: 'cancelPull', value: 'qwen3.5:4b' },
      { name: 'pull', value: { name: 'qwen3.5:4b', forOpenclaw: true } },
      { name: 'dismissPull', value: 'llama3.3' },
    ]);
  });

  test('that failed say why', async () => {
    open(worlds.downloading, 'models');
    expect(await screen.findByText(/The disk where Ollama keeps its models is full: 12 GB are free/)).toBeTruthy();
  });

  test('of any name: the field asks for one, and says what was wrong with it', async () => {
    const { backend } = open(worlds.well, 'models');
    const field = await screen.findByRole('textbox', { name: 'Another model, by its name' });
    const button = screen.getByRole('button', { name: 'Download' });
    await fireEvent.click(button);
    expect(screen.getByText('Write the name of a model first.')).toBeTruthy();
    expect(backend.calls).toEqual([]);

    backend.failing.set('pull', failureOf({ code: 'model.bad-name', params: { name: 'a b' } }));
    await fireEvent.input(field, { target: { value: ' a b ' } });
    await fireEvent.click(button);
    expect((await screen.findByRole('alert')).textContent).toContain('“a b” cannot be the name of a model');
    expect((field as HTMLInputElement).value).toBe(' a b ');

    await fireEvent.input(field, { target: { value: 'mistral' } });
    await fireEvent.click(button);
    await expect.poll(() => (field as HTMLInputElement).value).toBe('');
    expect(backend.calls.at(-1)).toEqual({ name: 'pull', value: { name: 'mistral', forOpenclaw: true } });
  });
});

const shown: [string, World][] = [
  ['all kinds', worlds.well],
  ['stopped', worlds.stopped],
  ['empty', worlds.empty],
  ['downloading', worlds.downloading],
  ['not yet known', worlds.checking],
];
test.each(shown)('axe finds nothing: %s', async (_, world) => {
  open(world, 'models');
  await screen.findByRole('heading', { level: 1, name: 'Models' });
  await accessible();
});
