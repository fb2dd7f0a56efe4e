// The settings screen's list of very many models: few rows are drawn, and what is wrong is shown wherever it is.

import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { worlds } from '../src/lib/backend/samples';
import { open } from './window';

describe('a long list', () => {
  const acting = () => document.querySelector<HTMLElement>('[data-group=ready]')!;
  const rows = () => [...acting().querySelectorAll('[data-row]')].map((row) => row.getAttribute('data-row')!);
  const turn = (name: string) => fireEvent.click(within(acting()).getByRole('button', { name }));

  test('has pages', async () => {
    open(worlds.many, 'settings');
    await expect.poll(() => document.querySelectorAll('[data-row]').length).toBeGreaterThan(0);
    const first = rows();
    expect(first.length).toBe(24);
    await turn('Next');
    expect(rows().length).toBe(24);
    expect(rows().some((row) => first.includes(row))).toBe(false);
  });

  test('begins at its first page when it is searched', async () => {
    open(worlds.many, 'settings');
    const search = await screen.findByRole('searchbox');
    await turn('Next');
    await fireEvent.input(search, { target: { value: 'experiment-1' } });
    await expect.poll(() => rows()[0]).toContain('experiment-1');
    expect(within(acting()).getByText(/^1 to 24 of/)).toBeTruthy();
  });

  test('turns to a number that is wrong, whatever is searched', async () => {
    open(worlds.many, 'settings');
    const search = await screen.findByRole('searchbox');
    await turn('Next');
    const wrong = rows()[3]!;
    await fireEvent.click(screen.getByRole('checkbox', { name: wrong }));
    const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: new RegExp(`^Conversation length in tokens.* ${wrong}$`) });
    await fireEvent.input(field(), { target: { value: 'a lot' } });
    await turn('Previous');
    await fireEvent.input(search, { target: { value: rows()[0]! } });
    await expect.poll(() => rows().length).toBe(1);
    await fireEvent.click(screen.getByRole('button', { name: 'Show what changes' }));
    await expect.poll(() => document.activeElement).toBe(field());
  });
});
