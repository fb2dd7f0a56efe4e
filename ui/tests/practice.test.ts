import { readFileSync } from 'node:fs';
import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import { failureOf, FakeBackend } from '../src/lib/backend/fake';
import { worlds } from '../src/lib/backend/samples';
import { situations } from '../src/lib/practice';
import { screens } from '../src/lib/state/route.svelte';
import { accessible, open } from './window';

/** A window in practice mode. */
function practise() {
  const backend = new FakeBackend(structuredClone(worlds.well));
  backend.practice = [...situations, 'half-json', 'pull-cut'];
  return open({}, 'home', backend);
}

test('every situation of the table has its words', () => {
  const table = readFileSync('../src-tauri/practice/src/stage/situation.rs', 'utf8');
  const named = [...table.matchAll(/name: "([\w-]+)"/g)].map((match) => match[1]);
  expect(named).toEqual([...situations]);
});

test('the banner is on every screen, and passes axe when it is open', async () => {
  practise();
  for (const one of screens) {
    location.hash = one;
    await waitFor(() => expect(screen.getByRole('complementary').textContent).toContain('Nothing of yours is touched'));
  }
  await waitFor(() => expect(document.activeElement?.tagName).toBe('H1'));
  await fireEvent.click(screen.getByRole('button', { name: 'Try a fault' }));
  expect(screen.getByRole('button', { name: 'half-json' })).toBeTruthy();
  await accessible();
  await fireEvent.keyDown(window, { key: 'Escape' });
  expect(screen.queryByRole('button', { name: 'half-json' })).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Try a fault' }));
});

test('the faults come right after their button, take the focus, and give way to whoever goes on', async () => {
  practise();
  const button = await screen.findByRole('button', { name: 'Try a fault' });
  await fireEvent.click(button);
  const first = screen.getByRole('button', { name: 'Nothing is set up yet' });
  await waitFor(() => expect(document.activeElement).toBe(first));
  const order = within(screen.getByRole('complementary')).getAllByRole('button');
  expect(order.slice(0, 2)).toEqual([button, first]);
  expect(order.at(-1)).toBe(screen.getByRole('button', { name: 'Leave practice' }));
  // Back to its button, it stays; on to the screen, it goes, by key and by click.
  await fireEvent.keyDown(first, { key: 'Tab', shiftKey: true });
  button.focus();
  await new Promise((later) => setTimeout(later));
  expect(first.isConnected).toBe(true);
  await fireEvent.keyDown(button, { key: 'Tab' });
  screen.getByRole('link', { name: 'Models' }).focus();
  await waitFor(() => expect(first.isConnected).toBe(false));
  await fireEvent.click(button);
  await fireEvent.click(screen.getByRole('main'));
  expect(screen.queryByRole('button', { name: 'half-json' })).toBeNull();
  // Only one thing takes an Escape: the panel, not what lies under it.
  await fireEvent.click(button);
  const escape = new KeyboardEvent('keydown', { key: 'Escape', cancelable: true, bubbles: true });
  window.dispatchEvent(escape);
  expect(escape.defaultPrevented).toBe(true);
  const second = new KeyboardEvent('keydown', { key: 'Escape', cancelable: true, bubbles: true });
  await waitFor(() => expect(screen.queryByRole('button', { name: 'half-json' })).toBeNull());
  window.dispatchEvent(second);
  expect(second.defaultPrevented).toBe(false);
});

test('a fault is played, told, and taken back', async () => {
  const { backend } = practise();
  await fireEvent.click(await screen.findByRole('button', { name: 'Try a fault' }));
  await fireEvent.click(screen.getByRole('button', { name: 'Ollama is stopped' }));
  expect(await screen.findByText('Being tried: Ollama is stopped')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Back to healthy' }));
  expect(await screen.findByText(/All is well here/)).toBeTruthy();
  const played = backend.calls.filter((call) => call.name === 'playFault');
  expect(played).toEqual([{ name: 'playFault', value: 'stopped' }, { name: 'playFault', value: null }]);
  await fireEvent.click(screen.getByRole('button', { name: 'Leave practice' }));
  expect(backend.calls.at(-1)).toEqual({ name: 'closeAnyway', value: '' });
});

test('one that cannot be played says so', async () => {
  const { backend } = practise();
  await screen.findByRole('complementary');
  backend.failing.set('playFault', failureOf({ code: 'internal', params: {} }, 'no port'));
  await fireEvent.click(screen.getByRole('button', { name: 'Back to healthy' }));
  expect((await within(screen.getByRole('complementary')).findByRole('alert')).textContent).toContain('no port');
});

test('outside of practice there is no banner, and Preferences has the door to it', async () => {
  const { backend } = open(worlds.well, 'preferences');
  await fireEvent.click(await screen.findByRole('button', { name: 'Try Pincer in practice mode' }));
  expect(await screen.findByText('Practice opens in a window of its own.')).toBeTruthy();
  expect(backend.calls.at(-1)).toEqual({ name: 'openPractice' });
  expect(screen.queryByRole('complementary')).toBeNull();
});
