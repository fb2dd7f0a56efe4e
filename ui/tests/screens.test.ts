import { readFileSync } from 'node:fs';
import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { diagnosis, failureOf } from '../src/lib/backend/fake';
import { findings, worlds } from '../src/lib/backend/samples';
import { at } from './guide';
import { languages, ownName, t } from '../src/lib/words/words.svelte';
import { accessible, open } from './window';

describe('going from screen to screen', () => {
  test('moves the focus to the heading and marks the place', async () => {
    open(worlds.well);
    await screen.findByRole('heading', { name: /OpenClaw uses/ });
    location.hash = 'models';
    const heading = await screen.findByRole('heading', { level: 1, name: 'Models' });
    await expect.poll(() => document.activeElement).toBe(heading);
    expect(screen.getByRole('link', { name: 'Models' }).getAttribute('aria-current')).toBe('page');
    expect(document.title).toBe('Models · Pincer');
  });

  test('does not take the focus at the start', async () => {
    open(worlds.well, 'models');
    await screen.findByRole('heading', { level: 1, name: 'Models' });
    expect(document.activeElement).toBe(document.body);
  });

  test('leaves a preview behind', async () => {
    open(worlds.well, 'models');
    await fireEvent.click(await screen.findByRole('button', { name: 'Use it: qwen3.5:9b' }));
    await screen.findByRole('button', { name: 'Apply' });
    location.hash = 'fix';
    expect(await screen.findByRole('heading', { level: 1, name: 'Fix a problem' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Apply' })).toBeNull();
  });
});

describe('Fix a problem', () => {
  test('lists everything in order, evidence folded', async () => {
    open(worlds.bare, 'fix');
    const titles = (await screen.findAllByRole('heading', { level: 2 })).map((heading) => heading.textContent);
    expect(titles).toEqual(['Ollama is not installed', 'OpenClaw is not on this computer', 'A report for whoever helps you']);
    expect(screen.getByText('no binary in 8 places').closest('details')?.open).toBe(false);
  });

  test('keeps a card and its error while its cause stays, wherever it stands', async () => {
    const { backend } = open({ ...worlds.bare, path: diagnosis([findings.notRunning, findings.fallbackMissing]) }, 'fix');
    backend.failing.set('pull', failureOf({ code: 'pull.offline', params: {} }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Download mistral:latest' }));
    await screen.findByRole('alert');
    backend.push({ path: diagnosis([findings.fallbackMissing]) });
    await expect.poll(() => screen.queryByRole('button', { name: 'Start Ollama' })).toBeNull();
    expect(screen.getByRole('alert').textContent).toContain('Ollama’s library cannot be reached');
    backend.push({ path: diagnosis([findings.noOpenclaw]) });
    await expect.poll(() => screen.queryByRole('alert')).toBeNull();
  });

  test('says honestly when it finds nothing', async () => {
    open(worlds.well, 'fix');
    expect(await screen.findByRole('heading', { name: 'Pincer finds nothing wrong' })).toBeTruthy();
    expect(screen.getByText(/the cause is one that Pincer does not know yet/)).toBeTruthy();
  });

  test('shows the line that cannot be read', async () => {
    open(worlds.unreadable, 'fix');
    expect(await screen.findByText('maxTokens: 8192 * 10')).toBeTruthy();
    expect(screen.getByText(/line 12, column 18/)).toBeTruthy();
  });
});

test('Preferences make the text larger at once, and say which Pincer this is', async () => {
  const { backend } = open(worlds.well, 'preferences');
  await fireEvent.click(await screen.findByRole('radio', { name: 'Very large' }));
  expect(document.documentElement.dataset.text).toBe('very-large');
  await vi.waitFor(() => expect(backend.kept.chosen.text).toBe('very-large'));
  await fireEvent.click(screen.getByRole('radio', { name: 'Usual' }));
  expect(document.documentElement.dataset.text).toBeUndefined();
  const version = /^version = "(.+)"$/m.exec(readFileSync(at('Cargo.toml'), 'utf8'))?.[1];
  expect(within(screen.getByRole('region', { name: 'About Pincer' })).getByText(`Version ${version}`)).toBeTruthy();
});

test.each(languages)('Preferences say what is looked at unasked, as often as the watcher does it (%s)', async (language) => {
  const watcher = readFileSync(at('src-tauri/core/src/live/watch.rs'), 'utf8');
  const seconds = ['WELL', 'WRONG'].map((when) => new RegExp(`LOOK_WHILE_${when}: Duration = Duration::from_secs\\((\\d+)\\)`).exec(watcher)?.[1]);
  const { backend } = open(worlds.well, 'preferences');
  await fireEvent.click(await screen.findByRole('radio', { name: ownName(language) }));
  const section = await screen.findByRole('region', { name: t('preferences.looks.title') });
  expect(section.textContent?.match(/\d+/g)).toEqual(seconds);
  for (const asked of ['Ollama', 'OpenClaw', 'ollama.com', 'npm']) expect(section.textContent).toContain(asked);
  expect(backend.calls.filter(({ name }) => name !== 'keepPreferences')).toEqual([]);
});

test('Preferences switch language and theme at once', async () => {
  open(worlds.well, 'preferences');
  await fireEvent.click(await screen.findByRole('radio', { name: 'Français' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Préférences' })).toBeTruthy();
  await fireEvent.click(screen.getByRole('radio', { name: 'Sombre' }));
  expect(document.documentElement.dataset.theme).toBe('dark');
});

test.each(['fix', 'settings', 'preferences'] as const)('axe finds nothing on %s', async (name) => {
  open(worlds.well, name);
  await screen.findByRole('heading', { level: 1 });
  await accessible();
});
