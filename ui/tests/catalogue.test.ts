// Models on offer, the field for any name, and the question before the window closes.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failureOf, pullOf } from '../src/lib/backend/fake';
import { catalogue, modelsState, worlds } from '../src/lib/backend/samples';
import { accessible, open } from './window';

afterEach(() => vi.useRealTimers());

const offer = (name: string) => document.querySelector<HTMLElement>(`[data-offer="${name}"]`)!;
const section = () => screen.findByRole('region', { name: 'Download a model' });

describe('a model on offer', () => {
  test('says whether it fits, what it takes, and what is wrong with it', async () => {
    open(worlds.empty, 'models');
    await fireEvent.click(within(await section()).getByRole('button', { name: 'Show more' }));
    expect(offer('qwen3.5').textContent).toContain('Should fit this computer');
    expect(offer('qwen3.5').textContent).toContain('6.6 GB to download and to store');
    expect(offer('qwen3.5').textContent).toContain('needs about 12 GB of memory');
    expect(offer('qwen3.5:27b').textContent).toContain('Should only just fit');
    expect(offer('glm-4.7-flash').textContent).toContain('Looks too big for this computer');
    expect(offer('mistral').textContent).toContain('Ollama says that it does not work well with OpenClaw.');
    expect((await section()).textContent).toContain('This computer has 25 GB of memory.');
  });

  test('shows what the server says of it as plain text, in its own language', async () => {
    const description = '<img src=x onerror=alert(1)> **fast**';
    open({ ...worlds.empty, models: modelsState([], { catalogue: [{ ...catalogue[0]!, description }] }) }, 'models');
    expect((await screen.findByText(description)).lang).toBe('en');
    expect((await section()).querySelector('img')).toBeNull();
  });

  test('of a memory that is not known says nothing', async () => {
    const unknown = catalogue.map((entry) => ({ ...entry, fit: 'unknown' as const }));
    open({ ...worlds.empty, models: modelsState([], { catalogue: unknown, remote: true, memory: null }) }, 'models');
    expect((await section()).textContent).toContain('Ollama runs on another computer');
    expect((await section()).textContent).not.toMatch(/fits this|too big|This computer has/i);
  });

  test('tells the memory of a graphics card apart, unless it is the same memory', async () => {
    const graphics = [{ name: 'RTX', totalBytes: 12e9 }];
    const { backend } = open({ ...worlds.empty, models: modelsState([], { memory: { totalBytes: 32e9, graphics, unified: false } }) }, 'models');
    expect((await section()).textContent).toContain('This computer has 32 GB of memory, and 12 GB on its graphics card.');
    backend.push({ models: modelsState([], { memory: { totalBytes: 32e9, graphics, unified: true } }) });
    await expect.poll(async () => (await section()).textContent).toContain('This computer has 32 GB of memory. ');
  });

  test('says how long it will take once a speed was seen', async () => {
    const { backend } = open(worlds.empty, 'models');
    expect((await section()).textContent).toContain('On a line of 100 Mbit/s, 5 GB take about 7 minutes.');
    backend.push({ pulls: [pullOf('a', 'downloading', 0.5, 1e9), pullOf('b', 'downloading', 0.5, 1e9)] });
    // 6.6 GB at twice 11.8 MB/s.
    await expect.poll(() => offer('qwen3.5').textContent).toContain('about 5 minutes');
    backend.push({ pulls: [] });
    await expect.poll(() => screen.queryAllByTestId('pull')).toEqual([]);
    expect(offer('qwen3.5').textContent).toContain('about 5 minutes');
    expect((await section()).textContent).not.toContain('100 Mbit/s');
  });

  test('that can only chat is not given to OpenClaw by itself', async () => {
    const { backend } = open(worlds.empty, 'models');
    await fireEvent.click(within(await section()).getByRole('button', { name: 'Show more' }));
    await fireEvent.click(screen.getByRole('button', { name: 'Download: deepseek-r1:32b' }));
    expect(backend.calls).toEqual([{ name: 'pull', value: { name: 'deepseek-r1:32b', forOpenclaw: false } }]);
  });
});

describe('any name', () => {
  const field = () => screen.findByRole<HTMLInputElement>('textbox', { name: 'Another model, by its name' });
  const type = async (text: string) => fireEvent.input(await field(), { target: { value: text } });
  const said = () => document.querySelector('#any-model-says')?.textContent ?? '';

  test('is judged when the typing pauses, not at every key', async () => {
    const { backend } = open(worlds.well, 'models');
    const box = await field();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (const value of ['q', 'qw', 'qwe']) await fireEvent.input(box, { target: { value } });
    vi.advanceTimersByTime(199);
    expect(backend.calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(backend.calls).toEqual([{ name: 'suggestModels', value: 'qwe' }]);
  });

  test('that cannot be one is said, and not sent', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.suggestion = { valid: false, installed: null, nearest: [] };
    await type('a b');
    await expect.poll(said).toMatch(/^“a b” is not a model’s name: .*For example qwen3:8b$/);
    const box = await field();
    expect(box.getAttribute('aria-invalid')).toBeNull();
    expect(box.getAttribute('aria-describedby')?.split(' ')).toContain('any-model-says');
    expect(document.querySelector('#any-model-says')?.getAttribute('role')).toBe('status');
    await fireEvent.submit(box.form!);
    expect(box.getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(box);
    expect(backend.calls.map((call) => call.name)).toEqual(['suggestModels']);
  });

  test('that is not finished is not called wrong', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.suggestion = { valid: false, installed: null, nearest: ['qwen3:8b'] };
    await type('qwen3:');
    await screen.findByRole('button', { name: 'qwen3:8b' });
    expect(said()).toBe('');
  });

  test('that is here already is said', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.suggestion = { valid: true, installed: 'qwen3:8b', nearest: [] };
    await type('QWEN3:8b');
    await expect.poll(said).toContain('You have it already, as qwen3:8b.');
  });

  test('on offer has its size and fit before it starts', async () => {
    open(worlds.well, 'models');
    await type('Qwen3.5:latest');
    await expect.poll(said).toBe('6.6 GB to download and to store · Should fit this computer');
  });

  test('has near names, which the keyboard reaches and takes', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.suggestion = { valid: true, installed: null, nearest: ['gemma4', 'gemma3:4b'] };
    await type('gema');
    const near = await screen.findByRole('group', { name: '2 names like it:' });
    expect(within(near).getByRole('status').textContent).toContain('2 names');
    const first = within(near).getByRole('button', { name: 'gemma4' });
    first.focus();
    await fireEvent.click(first);
    expect((await field()).value).toBe('gemma4');
    expect(document.activeElement).toBe(await field());
    await fireEvent.submit((await field()).form!);
    expect(backend.calls.at(-1)).toEqual({ name: 'pull', value: { name: 'gemma4', forOpenclaw: true } });
    await expect.poll(async () => (await field()).value).toBe('');
    await expect.poll(() => screen.queryByRole('group', { name: /like it/ })).toBeNull();
  });

  test('that cannot be looked at is left to Ollama', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.failing.set('suggestModels', failureOf({ code: 'internal', params: {} }));
    await type('odd');
    await expect.poll(() => backend.calls.map((call) => call.name)).toEqual(['suggestModels']);
    await fireEvent.submit((await field()).form!);
    await expect.poll(() => backend.calls.at(-1)).toEqual({ name: 'pull', value: { name: 'odd', forOpenclaw: true } });
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('axe finds nothing while it is judged', async () => {
    const { backend } = open(worlds.well, 'models');
    backend.suggestion = { valid: false, installed: null, nearest: ['gemma4'] };
    await type('gem ma');
    await screen.findByRole('group', { name: 'A name like it:' });
    await accessible(await section());
  });
});

describe('closing while downloads run', () => {
  const running = [pullOf('a', 'downloading', 0.4, 1e9), pullOf('b', 'paused', 0.2, 1e9), pullOf('c', 'done', 1, 1e9)];

  test('asks, and staying is the default', async () => {
    const { backend } = open({ ...worlds.well, pulls: running }, 'models');
    await screen.findAllByTestId('pull');
    expect(screen.queryByRole('dialog')).toBeNull();
    backend.wishToClose();
    const dialog = await screen.findByRole<HTMLDialogElement>('dialog', { name: 'A download is running' });
    const keep = within(dialog).getByRole('button', { name: 'Keep open' });
    await expect.poll(() => document.activeElement).toBe(keep);
    expect(dialog.textContent).toContain('Ollama keeps what has arrived');
    expect(within(dialog).getAllByRole('listitem').map((item) => item.textContent?.replace(/\s+/g, ' ').trim())).toEqual(['a 40% · less than a minute left']);
    await accessible(dialog);
    await fireEvent.click(keep);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(backend.calls).toEqual([]);

    backend.wishToClose();
    await fireEvent.click(await screen.findByRole('button', { name: 'Close anyway' }));
    expect(backend.calls).toEqual([{ name: 'closeAnyway', value: '' }]);
  });

  test('counts them, also when one ends meanwhile', async () => {
    const { backend } = open({ ...worlds.well, pulls: [pullOf('a', 'verifying', 0.9, 1e9), pullOf('b', 'stalled', 0.2, 1e9)] });
    await screen.findByRole('heading', { level: 1 });
    backend.wishToClose();
    await screen.findByRole('dialog', { name: '2 downloads are running' });
    backend.push({ pulls: [pullOf('a', 'done', 1, 1e9), pullOf('b', 'stalled', 0.2, 1e9)] });
    expect(await screen.findByRole('dialog', { name: 'A download is running' })).toBeTruthy();
  });

  test('that fails says so and stays', async () => {
    const { backend } = open({ ...worlds.well, pulls: running });
    await screen.findByRole('heading', { level: 1 });
    backend.failing.set('closeAnyway', failureOf({ code: 'internal', params: {} }, 'stuck'));
    backend.wishToClose();
    await fireEvent.click(await screen.findByRole('button', { name: 'Close anyway' }));
    expect((await screen.findByRole('alert')).textContent).toContain('stuck');
    expect(screen.getByRole('dialog')).toBeTruthy();
  });

  test('by Escape stays, and leaves a preview under it alone', async () => {
    const { backend } = open({ ...worlds.well, pulls: running }, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await screen.findByRole('button', { name: 'Apply' });
    backend.wishToClose();
    const dialog = await screen.findByRole('dialog');
    await fireEvent.keyDown(within(dialog).getByRole('button', { name: 'Keep open' }), { key: 'Escape' });
    expect(screen.getByRole('button', { name: 'Apply' })).toBeTruthy();
  });

  test('a backend that cannot tell is no fault of the window', async () => {
    const { FakeBackend } = await import('../src/lib/backend/fake');
    const backend = new FakeBackend(structuredClone(worlds.well));
    backend.failing.set('onClosing', failureOf({ code: 'internal', params: {} }));
    open(worlds.well, 'home', backend);
    await screen.findByRole('heading', { level: 1 });
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
