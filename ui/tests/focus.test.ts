import { fireEvent, screen, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, pullOf } from '../src/lib/backend/fake';
import { findings, lastChange, modelsState, worlds } from '../src/lib/backend/samples';
import { open } from './window';

/** A press as the keyboard makes it: on what has the focus. */
async function press(button: HTMLElement): Promise<void> {
  button.focus();
  await fireEvent.click(button);
}
const focused = () => document.activeElement as HTMLElement;
const isNotice = () => focused().dataset['news'] !== undefined;
const row = (name: string) => screen.findByRole('article', { name });

describe('the focus is never lost', () => {
  test('after Apply and after Undo it is on the notice', async () => {
    open(worlds.well, 'models');
    await press(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await press(await screen.findByRole('button', { name: 'Apply' }));
    await screen.findByText(/^Done\./);
    await expect.poll(isNotice).toBe(true);

    await press(screen.getByRole('button', { name: /^Undo: qwen3.5:9b/ }));
    await screen.findByText(/^Undone/);
    await expect.poll(isNotice).toBe(true);

    await press(screen.getByRole('button', { name: 'Close' }));
    await expect.poll(() => focused().textContent).toBe('Models');
  });

  test('after the lasting Undo it is on the notice, also when it has to be forced', async () => {
    const { backend } = open(worlds.well);
    backend.receipts = [lastChange];
    backend.failing.set('undo', failureOf({ code: 'undo.changed-since', params: { path: '/o.json', diff: '' } }));
    await press(await screen.findByRole('button', { name: /^Undo/ }));
    await press(await screen.findByRole('button', { name: 'Undo all the same' }));
    await screen.findByText(/^Undone/);
    await expect.poll(isNotice).toBe(true);
  });

  test('after Download it is on the row, on Models and on Home', async () => {
    const { backend, unmount } = open(worlds.unset, 'models');
    await press(await screen.findByRole('button', { name: 'Download: gemma4' }));
    const gemma = await row('gemma4');
    await expect.poll(focused).toBe(gemma);
    expect(backend.calls).toEqual([{ name: 'pull', value: { name: 'gemma4', forOpenclaw: true } }]);
    unmount();

    open(worlds.empty);
    await press(await screen.findByRole('button', { name: 'Download qwen3.5:4b' }));
    const qwen = await row('qwen3.5:4b');
    await expect.poll(focused).toBe(qwen);
  });

  test('after Cancel, Try again and Remove it is on the row, then on the heading', async () => {
    open(worlds.downloading, 'models');
    await press(await screen.findByRole('button', { name: 'Cancel the download of qwen3.5:4b' }));
    const qwen = await row('qwen3.5:4b');
    await expect.poll(focused).toBe(qwen);
    await press(await within(qwen).findByRole('button', { name: 'Try again: qwen3.5:4b' }));
    await expect.poll(focused).toBe(await row('qwen3.5:4b'));
    await press(screen.getByRole('button', { name: 'Remove from the list: llama3.3' }));
    await expect.poll(() => focused().textContent).toBe('Models');
  });

  test('goes to the heading when its cause goes, and the cause takes its error along', async () => {
    const { backend } = open(worlds.stopped);
    backend.failing.set('runRemedy', failureOf({ code: 'start.failed', params: { command: 'ollama serve' } }));
    await press(await screen.findByRole('button', { name: 'Start Ollama' }));
    await screen.findByRole('alert');
    backend.push({ path: diagnosis([findings.noModel]) });
    await screen.findByRole('heading', { name: 'Ollama has no model yet' });
    expect(screen.queryByRole('alert')).toBeNull();
    await expect.poll(() => focused().textContent).toBe('One thing stands in the way');
  });

  test('is left where it is when something else goes', async () => {
    const { backend } = open(worlds.stopped);
    await screen.findByRole('button', { name: 'Start Ollama' });
    const link = screen.getByRole('link', { name: 'Models' });
    link.focus();
    backend.push({ path: diagnosis([]) });
    await screen.findByRole('heading', { name: /OpenClaw uses/ });
    expect(focused()).toBe(link);
  });
});

test('Escape closes the menu and goes back to its button', async () => {
  open(worlds.well);
  const menu = await screen.findByRole('button', { name: 'Menu' });
  await fireEvent.click(menu);
  screen.getByRole('link', { name: 'Models' }).focus();
  await fireEvent.keyDown(focused(), { key: 'Escape' });
  expect(menu.getAttribute('aria-expanded')).toBe('false');
  expect(focused()).toBe(menu);
});

describe('downloads', () => {
  test('that ended offer no Use it for the model in use', async () => {
    const { backend } = open({ ...worlds.well, pulls: [pullOf('qwen3:8b', 'done', 1, 5e9), pullOf('qwen3.5:9b', 'done', 1, 5e9)] }, 'home');
    const here = await row('qwen3:8b');
    expect(here.textContent).toContain('It is here.');
    expect(within(here).queryByRole('button', { name: /^Use it/ })).toBeNull();
    const other = within(await row('qwen3.5:9b')).getByRole('button', { name: 'Use it: qwen3.5:9b' });
    expect(other.className).not.toContain('lead');

    backend.push({ models: modelsState([]) });
    expect(await within(here).findByText('It was downloaded, but Ollama does not list it just now.')).toBeTruthy();
  });

  test('that ended are shown five at a time, the newest; running ones all', async () => {
    const many = Array.from({ length: 12 }, (_, at) => pullOf(`old-${at}`, 'cancelled'));
    open({ ...worlds.well, pulls: [pullOf('new', 'starting'), ...many] }, 'models');
    await row('new');
    expect(screen.getAllByTestId('pull').map((one) => one.getAttribute('aria-label'))).toEqual([
      'new', 'old-7', 'old-8', 'old-9', 'old-10', 'old-11',
    ]);
    await fireEvent.click(within(screen.getByRole('region', { name: 'Downloads' })).getByRole('button', { name: 'Show more' }));
    expect(screen.getAllByTestId('pull')).toHaveLength(11);
  });
});

test('a hidden window is said to be hidden', async () => {
  const { backend, unmount } = open(worlds.well);
  await screen.findByRole('heading', { name: /OpenClaw uses/ });
  let state = 'hidden';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange'));
  await tick();
  state = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  await tick();
  unmount();
  document.dispatchEvent(new Event('visibilitychange'));
  Reflect.deleteProperty(document, 'visibilityState');
  expect(backend.calls).toEqual([{ name: 'setVisible', value: false }, { name: 'setVisible', value: true }]);
});
