// The page with the fake backend, built, in a Chromium of this computer: for what only a browser can judge or show.
// Run by itself it prints which Chromium that is, or ends with 1.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
/** When it is on every page: dates are the same in each run. */
const NOW = Date.UTC(2026, 2, 14, 9, 40);
/** In milliseconds: how long a page may take on a busy machine. */
const LIMIT = 60_000;

const places = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium', 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The program to use: `PINCER_CHROMIUM`, or the first that is there. */
function chromium() {
  const named = process.env.PINCER_CHROMIUM;
  return named ? named : places.find((place) => existsSync(place));
}

/**
 * Serves the page, which was built before, under the window's own policy, and starts the browser.
 * @returns {Promise<{ browser: import('puppeteer-core').Browser, url: string, close: () => Promise<void> }>}
 */
export async function start() {
  const program = chromium();
  if (!program) throw new Error(`No Chromium is here. Looked for: ${places.join(', ')}; PINCER_CHROMIUM can name one.`);
  const server = await preview({ root, mode: 'fake', logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  const url = server.resolvedUrls?.local[0] ?? '';
  // Root has no sandbox of its own; the page is ours alone.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await puppeteer.launch({
    executablePath: program,
    args: [...asRoot, '--force-color-profile=srgb', '--font-render-hinting=none', '--disable-gpu', '--lang=en'],
    protocolTimeout: 3 * LIMIT,
  });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { browser, url, close };
}

/**
 * Opens a state (see `states.js`) in a page of its own, and waits until it stands.
 * @param {{ browser: import('puppeteer-core').Browser, url: string }} chromium
 * @param {import('./states.js').State} state
 * @param {{ theme?: 'light' | 'dark', language?: string, width?: number, height?: number, scale?: number,
 *   media?: import('puppeteer-core').MediaFeature[] }} look
 */
export async function open({ browser, url }, state, look = {}) {
  const { theme = 'light', language = 'en', width = 1080, height = 760, scale = 1, media = [] } = look;
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT);
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  await page.emulateTimezone('UTC');
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }, ...media]);
  await page.evaluateOnNewDocument((now) => {
    Date.now = () => now;
  }, NOW);
  const { name: _, world, screen, act, ...more } = state;
  const query = new URLSearchParams({ world, language, theme, ...more });
  await page.goto(`${url}fake.html?${query}#${screen}`);
  await page.waitForFunction(
    (wanted) => document.documentElement.lang.startsWith(wanted) && document.querySelector('h1'), {}, language,
  );
  // What the address asks for is done a moment after the start; the page says when.
  await page.waitForFunction(() => document.body.dataset.stands === 'yes');
  if (act) await act(page);
  return page;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = chromium();
  if (found) console.log(found);
  else process.exitCode = 1;
}
