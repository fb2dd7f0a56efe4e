// Contrast, room and motion of every screen in every state, judged by Chromium.

import axe from 'axe-core';
import type { Page, SerializedAXNode } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import en from '../messages/en.json';
import fr from '../messages/fr.json';
import { open, start } from './chromium.js';
import { stateOf, states } from './states.js';

let chromium: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  chromium = await start();
});
afterAll(() => chromium?.close());

/** What axe finds, of all its rules or of some. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  // The page freezes Object.prototype, as the window does; axe's own library must be there before it is used.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(async (only) => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(only ? { runOnly: only } : {});
    return found.violations.flatMap((one) =>
      one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} (${node.any[0]?.message ?? ''})`),
    );
  }, rules);
}

/** What begins as keys of the catalogue do: `topic.` of `topic.slow.about`. */
const beginnings = new Set(Object.keys(en).map((key) => key.split('.')[0]));

/** Keys that stand where their words should; what is quoted, such as a place in the settings, aside. */
async function keys(page: Page): Promise<string[]> {
  const shown = await page.evaluate(() => {
    const said = [document.title];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (!text.parentElement?.closest('code, pre, script, style')) said.push(text.nodeValue ?? '');
    }
    for (const one of document.querySelectorAll('body *')) {
      said.push(...['aria-label', 'title', 'placeholder'].map((name) => one.getAttribute(name) ?? ''));
    }
    return said.join('\n');
  });
  return [...shown.matchAll(/(?<![\w./-])([a-z-]+)(?:\.[a-z-]+){2,}(?![\w/-])/g)]
    .filter(([, first = '']) => beginnings.has(first))
    .map(([key]) => key);
}

/** What stands out of the page's width, the parts that scroll by themselves aside. */
function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide <= 0) return [];
    const out = [...document.querySelectorAll<HTMLElement>('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5);
    return [`${wide} px too wide`, ...out.slice(-3).map((one) => one.outerHTML.slice(0, 200))];
  });
}

/** Pretends to a system's setting that puppeteer itself does not know. */
async function system(page: Page, name: string, value: string) {
  const session = await page.createCDPSession();
  await session.send('Emulation.setEmulatedMedia', { features: [{ name, value }] });
}

describe.each(states)('$name', (state) => {
  test('says words, not their keys', async () => {
    const page = await open(chromium, state);
    expect(await keys(page)).toEqual([]);
    await page.close();
  });

  test('axe finds nothing, contrast in both themes included', async () => {
    const page = await open(chromium, state);
    expect(await violations(page)).toEqual([]);
    await page.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    await page.close();
  });

  test('has room at 320 pixels and at 200 %, in the longest language', async () => {
    const page = await open(chromium, state, { language: 'fr', width: 320, height: 640 });
    expect(await sticksOut(page)).toEqual([]);
    await page.setViewport({ width: 540, height: 380, deviceScaleFactor: 2 });
    expect(await sticksOut(page)).toEqual([]);
    await page.close();
  });
});

test.each(['home-ollama-stopped', 'models', 'fix-unfolded', 'settings', 'preferences'])('%s has room for very large text', async (name) => {
  for (const width of [320, 740, 1080]) {
    const page = await open(chromium, { ...stateOf(name), text: 'very-large' }, { language: 'fr', width });
    expect(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))).toBeGreaterThan(20);
    expect(await sticksOut(page)).toEqual([]);
    await page.close();
  }
});

/** The texts that a screen reader gets, in their order. */
function texts(node: SerializedAXNode | null): string[] {
  if (!node) return [];
  return [...(node.role === 'StaticText' ? [node.name ?? ''] : []), ...(node.children ?? []).flatMap(texts)];
}

test('in a narrow window each station has its words on Home; elsewhere they take less room, and are all still said', async () => {
  for (const [name, parts, rows] of [['home-ollama-stopped', 15, 5], ['models-stopped', 6, 3]] as const) {
    const page = await open(chromium, stateOf(name), { language: 'fr', width: 320, height: 640 });
    const shown = await page.$$eval('.path .words > *', (all) => all.filter((one) => one.getBoundingClientRect().width > 1).length);
    expect(shown, name).toBe(parts);
    const tops = await page.$$eval('.path li', (all) => all.map((one) => one.getBoundingClientRect().top));
    expect(tops).toEqual([...tops].sort((one, other) => one - other));
    expect(new Set(tops).size, name).toBe(rows);
    const root = (await page.$('.path ol')) ?? undefined;
    const said = texts(await page.accessibility.snapshot({ interestingOnly: false, root }));
    const states = ['broken', 'waiting', 'waiting', 'waiting', 'waiting'] as const;
    const names = ['engine', 'connection', 'models', 'settings', 'openclaw'] as const;
    const words = names.flatMap((link, at) => [fr[`link.${link}.name`], fr[`state.${states[at]!}`]]);
    expect(said.filter((text) => words.includes(text)), name).toEqual(words);
    await page.close();
  }
});

test('where the system asks for less motion nothing moves, and elsewhere something does', async () => {
  const moving = async (wanted: string) => {
    const page = await open(chromium, stateOf('models-downloads'));
    await system(page, 'prefers-reduced-motion', wanted);
    const count = await page.evaluate(() => document.getAnimations().length);
    await page.close();
    return count;
  };
  expect(await moving('no-preference')).toBeGreaterThan(0);
  expect(await moving('reduce')).toBe(0);
});

test('in a small window practice covers one line or two, and is seen wherever one scrolls', async () => {
  for (const [width, height] of [[320, 640], [540, 380]] as const) {
    const page = await open(chromium, stateOf('practice-table'), { language: 'fr', width, height });
    const banner = await page.evaluate(() => {
      scrollTo(0, document.documentElement.scrollHeight);
      const { top, bottom } = document.querySelector('[data-testid=practice] p')!.getBoundingClientRect();
      const shown = document.elementFromPoint(innerWidth / 2, (top + bottom) / 2)?.closest('[data-testid=practice]');
      return { top, bottom, scrolled: scrollY > 0, shown: shown !== null && shown !== undefined };
    });
    expect(banner).toMatchObject({ top: 0, scrolled: true, shown: true });
    expect(banner.bottom).toBeLessThan(height / 8);
    await page.close();
  }
});

describe('with the colours of the system alone', () => {
  test('every button, field and card has an edge', async () => {
    for (const name of ['home-ollama-stopped', 'models-trying', 'models-downloads', 'fix-unfolded', 'settings', 'setup-download', 'setup-failed', 'practice-table']) {
      const page = await open(chromium, stateOf(name));
      await system(page, 'forced-colors', 'active');
      expect(await page.evaluate(() => matchMedia('(forced-colors: active)').matches)).toBe(true);
      const bare = await page.evaluate(() =>
        [...document.querySelectorAll('.button:not(.plain), .field, .card, input, select, progress')]
          .filter((one) => one.checkVisibility())
          .filter((one) => {
            const { borderTopWidth, borderTopStyle, borderTopColor, outlineStyle } = getComputedStyle(one);
            const edge = borderTopWidth !== '0px' && borderTopStyle !== 'none' && borderTopColor !== 'rgba(0, 0, 0, 0)';
            return !edge && outlineStyle === 'none';
          })
          .map((one) => one.outerHTML.slice(0, 160)),
      );
      expect(bare, name).toEqual([]);
      await page.close();
    }
  });

  test('what is chosen, and what is broken, is seen without its colour', async () => {
    const page = await open(chromium, stateOf('home-ollama-stopped'));
    await system(page, 'forced-colors', 'active');
    const seen = await page.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return {
        here: style('nav a[aria-current]').outlineStyle,
        elsewhere: style('nav a:not([aria-current])').outlineStyle,
        broken: style('[data-state=broken] .node').borderTopWidth,
        waiting: style('[data-state=waiting] .node').borderTopWidth,
      };
    });
    expect(seen).toEqual({ here: 'solid', elsewhere: 'none', broken: '5px', waiting: '2px' });
    await page.close();
  });
});
