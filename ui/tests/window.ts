// Opens the whole window on a fake backend, as the component tests need it.

import { render } from '@testing-library/svelte';
import { expect } from 'vitest';
import axe from 'axe-core';
import App from '../src/App.svelte';
import { FakeBackend, type World } from '../src/lib/backend/fake';
import type { Screen } from '../src/lib/state/route.svelte';

/** A window in a situation, on a screen. */
export function open(world: World, screen: Screen = 'home', backend = new FakeBackend(structuredClone(world))) {
  location.hash = screen;
  return { backend, ...render(App, { backend }) };
}

/** Fails with what axe finds; contrast and layout need a real browser. */
export async function accessible(node: Element = document.body): Promise<void> {
  const { violations } = await axe.run(node, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map((one) => `${one.id}: ${one.nodes.map((at) => at.html).join(' ')}`)).toEqual([]);
}
