import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf, type World } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import type { Explanation } from '../src/lib/backend/types/Explanation';
import type { Topic } from '../src/lib/backend/types/Topic';
import { isCut, Pasted, readable } from '../src/lib/state/pasted.svelte';
import { languages, setLanguage, t } from '../src/lib/words/words.svelte';
import { FakeBackend } from '../src/lib/backend/fake';
import { accessible, open } from './window';

// A topic without an entry does not compile.
const topics = Object.keys({
  'unreached': 0, 'name-unknown': 0, 'no-key': 0, 'no-tools': 0, 'unknown-model': 0, 'context': 0, 'refused-key': 0, 'syntax': 0,
  'memory': 0, 'already-running': 0, 'slow': 0, 'disk-full': 0, 'gateway-token': 0, 'no-program': 0,
  'gateway-mode': 0, 'intercepted': 0,
} satisfies Record<Topic, 0>) as Topic[];

const refused = 'Error: connect ECONNREFUSED 127.0.0.1:11434';
const field = () => screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'The error' });
const button = () => screen.getByRole('button', { name: 'Look into it' });
const door = () => screen.findByRole('button', { name: 'Paste the error you saw' });
const answer = (title: string) => screen.findByRole('region', { name: title });
const status = async () => (await field()).closest('form')?.querySelector('[role=status]')?.textContent?.trim();

/** The Fix screen, its panel open. */
async function panel(world: World, explanation: Explanation | null = null) {
  const opened = open(world, 'fix');
  opened.backend.explanation = explanation;
  const summary = (await screen.findByText('Paste the error you saw')).closest('summary');
  await fireEvent.click(summary as HTMLElement);
  return opened;
}

/** Pastes a text and has it looked into. */
async function paste(world: World, explanation: Explanation | null, text = refused) {
  const opened = await panel(world, explanation);
  await fireEvent.input(await field(), { target: { value: text } });
  button().focus();
  await fireEvent.click(button());
  return opened;
}

describe('the door on Home', () => {
  test.each([['stopped', worlds.stopped], ['silent', worlds.silent], ['starting', worlds.starting], ['well', worlds.well], ['checking', worlds.checking]])(
    'is there once when Ollama is %s, and leads into the field',
    async (_, world) => {
      open(world);
      (await door()).focus();
      await fireEvent.click(await door());
      const text = await field();
      await expect.poll(() => document.activeElement).toBe(text);
      expect(location.hash).toBe('#fix');
      expect(text.closest('details')?.open).toBe(true);
    },
  );

  test('leads to the heading afterwards, and what was pasted is still there', async () => {
    open(worlds.stopped);
    await fireEvent.click(await door());
    await fireEvent.input(await field(), { target: { value: 'half of it' } });
    location.hash = 'home';
    await door();
    location.hash = 'fix';
    expect((await field()).value).toBe('half of it');
    await expect.poll(() => document.activeElement?.textContent).toBe('Fix a problem');
  });
});

describe('a pasted error', () => {
  test('that a finding explains leads to its card and its button, once', async () => {
    const { backend } = await paste(worlds.bare, { topic: 'unreached', finding: findings.notInstalled, fits: true });
    const said = await answer('This is what the error comes from');
    expect(backend.calls).toEqual([{ name: 'explainError', value: refused }]);
    expect(within(said).getByRole('heading', { name: 'Ollama is not installed' })).toBeTruthy();
    expect(within(said).queryByText(t('topic.unreached.about'))).toBeNull();
    expect(screen.getAllByRole('heading', { name: 'Ollama is not installed' })).toHaveLength(1);
    // The other finding stays in the list, and does not compete.
    const other = screen.getByRole('heading', { name: 'OpenClaw is not on this computer' }).closest('article');
    expect(said.contains(other)).toBe(false);
    expect(screen.getByRole('heading', { name: 'Also found' })).toBeTruthy();
    expect(document.querySelectorAll('article .button.lead')).toHaveLength(1);
    expect(within(said).getByRole('heading', { name: 'This is what the error comes from' })).toBe(document.activeElement);
    await expect.poll(status).toBe('The answer is below.');
  });

  test('that a warning may explain is not said to come from it', async () => {
    await paste(worlds.starting, { topic: 'unreached', finding: findings.starting, fits: true });
    const said = await answer('The error may come from this');
    expect(within(said).getByRole('heading', { name: 'Ollama is waking up' })).toBeTruthy();
  });

  test('that the checks outweigh says what it speaks of, and what is found first', async () => {
    await paste(worlds.stopped, { topic: 'no-tools', finding: findings.notRunning, fits: false }, 'x does not support tools');
    const said = await answer('The checks find something else first');
    expect(within(said).getByText('The text says that a model cannot use tools.')).toBeTruthy();
    expect(within(said).getByText(/they find this first/)).toBeTruthy();
    expect(within(said).getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
    expect(within(said).queryByText(t('topic.no-tools.try'))).toBeNull();
  });

  test.each(topics)('about %s, with nothing found, says what it means and what to try', async (topic) => {
    await paste(worlds.well, { topic, finding: null, fits: false });
    const said = await answer('The checks find no problem right now');
    expect(within(said).getByText(t(`topic.${topic}.about`))).toBeTruthy();
    expect(within(said).getByText(t(`topic.${topic}.try`))).toBeTruthy();
    expect(screen.queryByRole('heading', { name: 'Pincer finds nothing wrong' })).toBeNull();
    expect(within(said).queryAllByText('openclaw dashboard')).toHaveLength(topic === 'gateway-token' ? 1 : 0);
  });

  test('that is unknown is said to be unknown, with what is found', async () => {
    await paste(worlds.stopped, null, 'it does not work');
    const said = await answer('Pincer does not know this error');
    expect(within(said).getByText(/they find this first/)).toBeTruthy();
    expect(within(said).getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
  });

  test('that is unknown is said to be unknown, also when nothing is found', async () => {
    await paste(worlds.well, null, 'it does not work');
    const said = await answer('Pincer does not know this error');
    expect(within(said).getByText(/The checks find no problem either/)).toBeTruthy();
  });

  test('is only text, and nothing keeps it', async () => {
    const text = '<img src="x" alt="planted"><script>planted()</script>';
    await paste(worlds.well, null, text);
    await answer('Pincer does not know this error');
    expect(document.querySelector('main img, main script')).toBeNull();
    expect(document.querySelector('main')?.textContent).not.toContain('planted');
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('planted');
    expect(location.href).not.toContain('planted');
  });

  test('that cannot be looked into says why, and stays', async () => {
    const { backend } = await panel(worlds.well);
    backend.failing.set('explainError', failureOf({ code: 'internal', params: {} }, 'gone'));
    await fireEvent.input(await field(), { target: { value: refused } });
    await fireEvent.click(button());
    expect((await screen.findByRole('alert')).textContent).toContain('gone');
    expect((await field()).value).toBe(refused);
    await fireEvent.click(button());
    await answer('Pincer does not know this error');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the field', () => {
  test('asks for a text first, and sends nothing', async () => {
    const { backend } = await panel(worlds.well);
    await fireEvent.click(button());
    await expect.poll(status).toBe('Paste the error first. Any part of it will do.');
    expect(document.activeElement).toBe(await field());
    expect((await field()).getAttribute('aria-invalid')).toBe('true');
    expect(backend.calls).toEqual([]);
  });

  test('is sent with Ctrl+Enter and with ⌘+Enter, not with Enter; Escape loses nothing', async () => {
    const { backend } = await panel(worlds.well);
    await fireEvent.input(await field(), { target: { value: refused } });
    (await field()).focus();
    await fireEvent.keyDown(await field(), { key: 'Enter' });
    await fireEvent.keyDown(await field(), { key: 'Escape' });
    expect(backend.calls).toEqual([]);
    expect((await field()).value).toBe(refused);
    await fireEvent.keyDown(await field(), { key: 'Enter', ctrlKey: true });
    const said = await answer('Pincer does not know this error');
    await expect.poll(() => said.contains(document.activeElement)).toBe(true);
    await fireEvent.keyDown(document.activeElement as Element, { key: 'Escape' });
    expect((await field()).value).toBe(refused);
    await answer('Pincer does not know this error');
    await fireEvent.keyDown(await field(), { key: 'Enter', metaKey: true });
    expect(backend.calls).toHaveLength(2);
  });

  test('says that it waits, asks once, and leaves the focus where one has gone on to', async () => {
    const { backend } = await panel(worlds.well);
    let reply: (said: Explanation) => void = () => undefined;
    let asked = 0;
    backend.explainError = () => {
      asked += 1;
      return new Promise((resolve) => (reply = resolve));
    };
    await fireEvent.input(await field(), { target: { value: refused } });
    await fireEvent.click(button());
    await expect.poll(status).toMatch(/^Checking every station once more/);
    expect(button().getAttribute('aria-disabled')).toBe('true');
    await fireEvent.click(button());
    expect(asked).toBe(1);
    const elsewhere = screen.getByText('Looked at');
    elsewhere.focus();
    expect(document.activeElement).toBe(elsewhere);
    reply({ topic: 'slow', finding: null, fits: false });
    await answer('The checks find no problem right now');
    expect(document.activeElement).toBe(elsewhere);
    await expect.poll(status).toBe('The answer is below.');
  });

  test('of another text takes the former answer away at once', async () => {
    const { backend } = await paste(worlds.well, null);
    await answer('Pincer does not know this error');
    backend.explainError = () => new Promise(() => undefined);
    await fireEvent.input(await field(), { target: { value: 'another' } });
    await fireEvent.click(button());
    await expect.poll(() => screen.queryByRole('region', { name: 'Pincer does not know this error' })).toBeNull();
  });

  test('says that a long text is read at both ends', async () => {
    await panel(worlds.well);
    await fireEvent.input(await field(), { target: { value: 'x'.repeat(70_000) } });
    expect(await screen.findByText(/reads its beginning and its end/)).toBeTruthy();
  });
});

describe('when the cause goes while its answer is shown', () => {
  test('the answer says that it is mended, and names what is left', async () => {
    const { backend } = await paste(worlds.stopped, { topic: 'unreached', finding: findings.notRunning, fits: true });
    const said = await answer('This is what the error comes from');
    const start = within(said).getByRole('button', { name: 'Start Ollama' });
    start.focus();
    backend.push({ path: diagnosis([findings.noModel]) });
    const mended = await answer('This is fixed now');
    expect(within(mended).getByRole('status').textContent).toContain('no longer find “Ollama is installed but not running”');
    expect(within(mended).getByRole('status').textContent).toContain('What is left to do stands below');
    expect(screen.queryByRole('button', { name: 'Start Ollama' })).toBeNull();
    await expect.poll(() => document.activeElement).toBe(mended);
    // It is true only as long as it is.
    backend.push({ path: diagnosis([findings.notRunning]) });
    expect(within(await answer('This is what the error comes from')).getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
  });

  test('its own button does it', async () => {
    await paste(worlds.stopped, { topic: 'unreached', finding: findings.notRunning, fits: true });
    await fireEvent.click(await screen.findByRole('button', { name: 'Start Ollama' }));
    const mended = await answer('This is fixed now');
    expect(within(mended).getByRole('status').textContent).not.toContain('What is left');
    expect(screen.getByRole('heading', { name: 'Pincer finds nothing wrong' })).toBeTruthy();
  });

  test('a finding that the window has not heard of yet is not called mended', async () => {
    await paste(worlds.well, { topic: 'unreached', finding: findings.notRunning, fits: true });
    const said = await answer('This is what the error comes from');
    expect(within(said).getByRole('button', { name: 'Start Ollama' })).toBeTruthy();
  });

  test('the same cause of another thing does not stand for it', async () => {
    const other = { ...findings.fallbackMissing, params: { name: 'gemma4', primary: false } };
    const { backend } = await paste(
      { ...worlds.warned, path: diagnosis([findings.fallbackMissing, other]) },
      { topic: 'unknown-model', finding: other, fits: true },
    );
    await answer('The error may come from this');
    backend.push({ path: diagnosis([findings.fallbackMissing]) });
    await answer('This is fixed now');
    backend.push({ path: diagnosis([other]) });
    expect(within(await answer('The error may come from this')).getByRole('heading', { name: 'gemma4 is not installed' })).toBeTruthy();
  });
});

describe('a text as it is sent', () => {
  test('is itself up to 64 kB, and of more the beginning and the end', async () => {
    expect(readable('é\nx')).toBe('é\nx');
    const all = `${'é'.repeat(32_767)}xx`;
    expect([isCut(all), readable(all)]).toEqual([false, all]);
    const long = `first${'é'.repeat(60_000)}last`;
    const sent = readable(long);
    expect(isCut(long)).toBe(true);
    expect(sent.startsWith('firsté')).toBe(true);
    expect(sent.endsWith('élast')).toBe(true);
    expect(new TextEncoder().encode(sent).length).toBeLessThanOrEqual(65_536);
    const backend = new FakeBackend();
    const pasted = new Pasted(backend);
    pasted.text = long;
    await pasted.ask({ path: null });
    expect(backend.calls).toEqual([{ name: 'explainError', value: sent }]);
  });

  test('is well formed, which not every text is', () => {
    expect(readable('a\ud800b')).not.toMatch(/\p{Surrogate}/u);
    expect(readable('🦞'.repeat(30_000))).not.toMatch(/\p{Surrogate}/u);
  });
});

test.each(languages)('axe finds nothing in any answer (%s)', async (language) => {
  setLanguage(language);
  const cases: [World, Explanation | null][] = [
    [worlds.bare, { topic: 'unreached', finding: findings.notInstalled, fits: true }],
    [worlds.stopped, { topic: 'no-tools', finding: findings.notRunning, fits: false }],
    [worlds.well, { topic: 'gateway-token', finding: null, fits: false }],
    [worlds.well, null],
  ];
  for (const [world, explanation] of cases) {
    const backend = new FakeBackend(structuredClone(world));
    backend.tag = language;
    backend.explanation = explanation;
    const { unmount } = open(world, 'fix', backend);
    await screen.findByText(t('paste.title'));
    await fireEvent.click(screen.getByText(t('paste.title')));
    await fireEvent.click(screen.getByRole('button', { name: t('paste.button') }));
    await accessible();
    await fireEvent.input(screen.getByRole('textbox', { name: t('paste.label') }), { target: { value: refused } });
    await fireEvent.click(screen.getByRole('button', { name: t('paste.button') }));
    await expect.poll(() => document.querySelector('#paste-answer')).toBeTruthy();
    await accessible();
    unmount();
  }
});
