// "Fix a problem": a remedy that runs, one that failed, one that helped, and what is still being looked at.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { diagnosis, failureOf } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import { problemOf } from '../src/lib/backend/samples-problems';
import type { Finding } from '../src/lib/backend/types/Finding';
import type { RemedyPhase } from '../src/lib/backend/types/RemedyPhase';
import { remedyHow } from '../src/lib/words/causes';
import { setLanguage, t } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

const start = { id: 'start-ollama', params: {} } as const;
const restart = { id: 'restart-ollama', params: { way: 'service' } } as const;
const cards = () => [...document.querySelectorAll<HTMLElement>('article[data-code]')].map((card) => card.dataset['code']);

describe('a remedy that runs', () => {
  test.each<[Exclude<RemedyPhase, 'failed' | 'done' | 'no-help'>, string, boolean]>([
    ['working', 'Working', false],
    ['password', 'If you close it, nothing changes', true],
    ['stopping', 'Ollama is ending', false],
    ['starting', 'Ollama is being started', false],
    ['waking', 'it looks for graphics cards first', true],
    ['checking', 'Looking whether it helped', false],
  ])('%s says so; it can be left: %s %s', async (phase, words, stoppable) => {
    const { backend } = open(worlds.stopped, 'fix');
    const button = await screen.findByRole('button', { name: 'Start Ollama' });
    backend.pushRemedy(start, phase);
    expect((await screen.findByText(new RegExp(words))).getAttribute('role')).toBe('status');
    expect(button.getAttribute('aria-disabled')).toBe('true');
    await fireEvent.click(button);
    const stop = screen.queryByRole('button', { name: 'Stop waiting: Start Ollama' });
    expect(stop !== null).toBe(stoppable);
    if (stop) await fireEvent.click(stop);
    expect(backend.calls.map((call) => call.name)).toEqual(stoppable ? ['cancelRemedy'] : []);
    if (!stoppable) return;
    // The question for the password ends with the waiting: nothing was started.
    const after = phase === 'password' ? /nothing was changed/ : /What was started goes on by itself/;
    expect(await screen.findByText(after)).toBeTruthy();
  });

  test('what asks for a password says so before it is pressed', async () => {
    open(worlds.silent, 'fix');
    expect(await screen.findByRole('button', { name: 'Restart Ollama' })).toBeTruthy();
    expect(screen.getByText('Your computer will ask for your password. If you refuse, nothing changes.')).toBeTruthy();
    expect(screen.getByText(/Its service ends and starts anew/)).toBeTruthy();
  });
});

describe('what Ollama says itself', () => {
  test.each(['en', 'fr', 'zh-CN'])('stands in the card as it is (%s)', async (language) => {
    setLanguage(language);
    open(worlds.crashing, 'fix');
    expect(await screen.findByText(/Error: listen tcp 127\.0\.0\.1:11434: bind: address already in use$/)).toBeTruthy();
    expect(cards()).toEqual(['engine.crash-looping']);
  });
});

test.each(['en', 'fr', 'zh-CN'])('what is to be written into a file can be copied by itself (%s)', async (language) => {
  setLanguage(language);
  const elsewhere = problemOf({ code: 'openclaw.elsewhere', link: 'openclaw', severity: 'problem' });
  const offer = elsewhere.remedies.find((one) => one.id === 'configure-elsewhere')!;
  open({ ...worlds.well, path: diagnosis([elsewhere]) }, 'fix');
  const code = await screen.findByText(offer.params.text, { selector: 'code' });
  const how = code.closest('.remedy')!;
  const words = [...how.querySelectorAll('p')].map((one) => one.textContent).filter((text) => text !== '');
  // Before it where to, after it what else is to be done; neither says it again.
  expect(words.slice(0, 2).every((text) => text.length > 10 && !text.includes('baseUrl'))).toBe(true);
  expect(remedyHow(offer)).toContain(words[1]);
  expect(within(code.parentElement!).getByRole('button', { name: t('app.copy') })).toBeTruthy();
});

describe('a remedy that failed', () => {
  const two: Finding = { ...findings.silent, remedies: [...findings.silent.remedies, { id: 'use-address', params: { url: 'http://127.0.0.1:11435' }, kind: 'action' }] };
  const dismissed = failureOf({ code: 'start.dismissed', params: { command: 'pkexec systemctl restart ollama' } });

  test('makes way for the next offer, and can be tried again', async () => {
    const { backend } = open({ ...worlds.silent, path: diagnosis([two]) }, 'fix');
    const button = await screen.findByRole('button', { name: 'Restart Ollama' });
    button.focus();
    backend.pushRemedy(restart, 'failed', dismissed);
    expect((await screen.findByRole('alert')).textContent).toContain('The password box was closed');
    const card = document.querySelector<HTMLElement>('article')!;
    const lead = within(card).getByRole('button', { name: 'Use http://127.0.0.1:11435' });
    expect(lead.classList.contains('lead')).toBe(true);
    // Enter once more must not press what took the button's place.
    await expect.poll(() => document.activeElement).toBe(card);
    expect(screen.queryByRole('button', { name: 'Restart Ollama' })).toBeNull();
    await fireEvent.click(screen.getByRole('button', { name: 'Try again: Restart Ollama' }));
    expect(backend.calls).toEqual([{ name: 'runRemedy', value: restart }]);
  });

  test('with nothing else to offer leads to the next cause, and to the report', async () => {
    const other = { ...findings.ollamaOff };
    const { backend } = open({ ...worlds.silent, path: diagnosis([findings.silent, other]) }, 'fix');
    await screen.findByRole('button', { name: 'Restart Ollama' });
    expect(cards()).toEqual(['engine.silent', 'settings.ollama-off']);
    backend.pushRemedy(restart, 'no-help');
    await expect.poll(cards).toEqual(['settings.ollama-off', 'engine.silent']);
    expect(screen.getByText(/it did not help: the cause is still there/)).toBeTruthy();
    expect(screen.getByText(/What Pincer can do here was tried/)).toBeTruthy();
    expect(screen.getAllByRole('button', { name: 'Show the report' }).length).toBe(2);
  });

  test('because its password box was closed keeps its place', async () => {
    const { backend } = open({ ...worlds.silent, path: diagnosis([findings.silent, findings.ollamaOff]) }, 'fix');
    await screen.findByRole('button', { name: 'Restart Ollama' });
    backend.pushRemedy(restart, 'failed', dismissed);
    expect(await screen.findByRole('button', { name: 'Try again: Restart Ollama' })).toBeTruthy();
    expect(cards()).toEqual(['engine.silent', 'settings.ollama-off']);
    expect(screen.queryByText(/What Pincer can do here was tried/)).toBeNull();
  });

  test('with other parameters is another one', async () => {
    const { backend } = open(worlds.elsewhere, 'fix');
    await screen.findByRole('button', { name: 'Use http://127.0.0.1:11434' });
    backend.pushRemedy({ id: 'use-address', params: { url: 'http://127.0.0.1:9' } }, 'no-help');
    expect(screen.getByRole('button', { name: 'Use http://127.0.0.1:11434' })).toBeTruthy();
    expect(screen.queryByTestId('tried')).toBeNull();
  });
});

test('one that helped is said where its card was, until it is read', async () => {
  const { backend } = open(worlds.mended, 'fix');
  expect((await screen.findByTestId('mended')).textContent).toContain('Start Ollama: done, and it helped.');
  await fireEvent.click(screen.getByRole('button', { name: 'Close: Start Ollama' }));
  expect(screen.queryByTestId('mended')).toBeNull();
  expect(backend.calls).toEqual([{ name: 'dismissRemedy', value: start }]);
});

test('what is still being looked at is said, and nothing is called fine before', async () => {
  const { backend } = open(worlds.partly, 'fix');
  expect(await screen.findByText('Still being checked: Ollama and Address')).toBeTruthy();
  const states = () => [...document.querySelectorAll<HTMLElement>('li[data-link]')].map((one) => one.dataset['state']);
  expect(states().slice(0, 2)).toEqual(['checking', 'checking']);
  expect(screen.queryByText('Pincer finds nothing wrong')).toBeNull();
  backend.push({ path: { ...diagnosis([]), checking: ['openclaw'] } });
  await expect.poll(() => screen.queryByText('Still being checked: OpenClaw')).toBeTruthy();
  expect(screen.queryByText('Pincer finds nothing wrong')).toBeNull();
  backend.push({ path: diagnosis([]) });
  expect(await screen.findByText('Pincer finds nothing wrong')).toBeTruthy();
});

test('what starts Ollama with the computer is shown first, and can be taken back', async () => {
  const { backend } = open({ ...worlds.well, path: diagnosis([findings.notAtLogin]) }, 'fix');
  await fireEvent.click(await screen.findByRole('button', { name: 'Start Ollama with the computer' }));
  expect(await screen.findByRole('heading', { name: 'Ollama will start when you log in' })).toBeTruthy();
  await fireEvent.click(screen.getByText(/Exactly what changes/));
  await expect.poll(() => document.body.textContent).toContain('ExecStart=');
  // It says nothing of OpenClaw's form.
  expect(document.body.textContent).not.toContain('Form for OpenClaw');
  await fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
  expect(await screen.findByText(/Ollama starts when you log in/)).toBeTruthy();
  expect(screen.getByRole('button', { name: /^Undo: Ollama starts when you log in/ })).toBeTruthy();
  expect(backend.calls.map((call) => call.name)).toEqual(['runRemedy', 'apply']);
});

test('a look can be asked for, and the last one has its time', async () => {
  const { backend } = open({ ...worlds.well, look: { at: Date.UTC(2026, 2, 14, 9, 30, 12) } }, 'fix');
  expect((await screen.findByText(/^Looked at last: /)).textContent).toMatch(/:30:12/);
  await fireEvent.click(screen.getByRole('button', { name: 'Look again now' }));
  expect(backend.calls).toEqual([{ name: 'lookAgain' }]);
  backend.failing.set('lookAgain', failureOf({ code: 'internal', params: {} }, 'gone'));
  await fireEvent.click(screen.getByRole('button', { name: 'Look again now' }));
  expect((await screen.findByRole('alert')).textContent).toContain('gone');
});

test.each(['tried', 'waking', 'mended', 'partly'] as const)('axe finds nothing: %s', async (world) => {
  setLanguage('fr');
  open(worlds[world], 'fix');
  await screen.findByRole('heading', { level: 1 });
  await accessible();
});
