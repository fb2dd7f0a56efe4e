import { fireEvent, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { diagnosis, failureOf } from '../src/lib/backend/fake';
import { findings, report, worlds } from '../src/lib/backend/samples';
import { languages, setLanguage, t } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const card = () => screen.findByRole('region', { name: 'A report for whoever helps you' });
const show = async () => within(await card()).getByRole('button', { name: 'Show the report' });
const field = () => screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'The report' });
const copy = () => screen.getByRole('button', { name: 'Copy report' });
const made = (calls: { name: string }[]) => calls.filter((call) => call.name === 'report').length;

/** A clipboard; without one the web view has none. */
function clipboard(writeText?: (text: string) => Promise<void>) {
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: writeText && { writeText } });
}
afterEach(() => clipboard());

describe('the report', () => {
  test('is made when it is asked for, shown first, and only then copied', async () => {
    const written = vi.fn(() => Promise.resolve());
    clipboard(written);
    const { backend } = open(worlds.stopped, 'fix');
    await card();
    expect(made(backend.calls)).toBe(0);
    expect(screen.queryByRole('button', { name: 'Copy report' })).toBeNull();
    (await show()).focus();
    await fireEvent.click(await show());
    const text = await field();
    expect(text.value).toBe(report);
    expect(text.readOnly).toBe(true);
    await expect.poll(() => document.activeElement).toBe(text);
    expect(written).not.toHaveBeenCalled();
    await fireEvent.click(copy());
    expect(written).toHaveBeenCalledExactlyOnceWith(report);
    await within(await card()).findByText(t('app.copied'));
  });

  test('is selected where there is no clipboard', async () => {
    open(worlds.stopped, 'fix');
    await fireEvent.click(await show());
    const text = await field();
    await fireEvent.click(copy());
    await within(await card()).findByText(t('app.copy-by-hand'));
    expect([text.selectionStart, text.selectionEnd]).toEqual([0, report.length]);
  });

  test('made anew is another one, which was not copied yet', async () => {
    clipboard(() => Promise.resolve());
    const { backend } = open(worlds.stopped, 'fix');
    await fireEvent.click(await show());
    await field();
    await fireEvent.click(copy());
    await within(await card()).findByText(t('app.copied'));
    backend.report = () => Promise.resolve('another');
    await fireEvent.click(within(await card()).getByRole('button', { name: 'Make a new one' }));
    await expect.poll(async () => (await field()).value).toBe('another');
    expect(within(await card()).queryByText(t('app.copied'))).toBeNull();
  });

  test('says what it waits for, is made once, and takes the focus from nobody', async () => {
    const { backend } = open(worlds.stopped, 'fix');
    let answer: (text: string) => void = () => undefined;
    const asked = vi.fn(() => new Promise<string>((resolve) => (answer = resolve)));
    backend.report = asked;
    await fireEvent.click(await show());
    await within(await card()).findByText(t('report.busy'));
    await fireEvent.click(await show());
    expect(asked).toHaveBeenCalledTimes(1);
    const elsewhere = screen.getByRole('button', { name: /Look into it/, hidden: true });
    elsewhere.focus();
    answer(report);
    await field();
    await within(await card()).findByText(t('report.ready'));
    expect(document.activeElement).toBe(elsewhere);
  });

  test('that cannot be made says so, and can be asked for again', async () => {
    const { backend } = open(worlds.stopped, 'fix');
    backend.failing.set('report', failureOf({ code: 'internal', params: {} }));
    await fireEvent.click(await show());
    await within(await card()).findByRole('alert');
    await fireEvent.click(await show());
    await field();
    expect(within(await card()).queryByRole('alert')).toBeNull();
  });

  test('is there before the first look is done, and when all is well', async () => {
    const { unmount } = open(worlds.checking, 'fix');
    await show();
    unmount();
    open(worlds.well, 'fix');
    await show();
  });

  test('stays when one comes back to the screen', async () => {
    const { backend } = open(worlds.stopped, 'fix');
    await fireEvent.click(await show());
    await field();
    location.hash = 'home';
    await expect.poll(() => screen.queryByRole('textbox', { name: 'The report' })).toBeNull();
    location.hash = 'fix';
    expect((await field()).value).toBe(report);
    await expect.poll(() => document.activeElement?.textContent).toBe('Fix a problem');
    expect(made(backend.calls)).toBe(1);
  });
});

test('an unknown error with nothing found leads to it', async () => {
  // Something else is listed between the answer and the report.
  const { backend } = open({ ...worlds.well, path: diagnosis([findings.fallbackMissing]) }, 'fix');
  backend.explanation = { topic: null, finding: null, fits: false };
  await fireEvent.click((await screen.findByText('Paste the error you saw')).closest('summary') as HTMLElement);
  await fireEvent.input(await screen.findByRole('textbox', { name: 'The error' }), { target: { value: 'odd' } });
  await fireEvent.click(screen.getByRole('button', { name: 'Look into it' }));
  const said = await screen.findByRole('region', { name: 'Pincer does not know this error' });
  const door = within(said).getByRole('button', { name: 'Show the report' });
  door.focus();
  await fireEvent.click(door);
  const text = await field();
  await expect.poll(() => document.activeElement).toBe(text);
});

test.each(languages)('passes axe in %s', async (language) => {
  setLanguage(language);
  open(worlds.stopped, 'fix');
  await fireEvent.click(await screen.findByRole('button', { name: t('report.show') }));
  await screen.findByRole('textbox', { name: t('report.label') });
  await accessible();
});
