// Pictures that practice mode cannot give: the states of the problems and of long work, the page at 200 %, and the card
// of each problem for the user guide, with the examples of its page of problems (`samples-problems.ts`).
// `npm run pictures -- FOLDER` writes FOLDER/LANGUAGE/states/NAME.png, and the same in `large` and `problems`.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open, start } from './chromium.js';
import { stateOf } from './states.js';

/** Those that a guide shows, and that differ to the eye. */
const shown = [
  'home-proven', 'home-proving', 'home-unproven', 'home-ollama-stopped', 'home-nothing-installed', 'home-port-taken',
  'home-wrong-address', 'home-no-model', 'home-no-tools', 'home-not-set-up', 'home-settings-unreadable',
  'home-remedy-refused', 'home-downloading', 'home-installing', 'models-preview', 'models-remove', 'settings-preview',
  'fix-pasted', 'fix-report', 'setup-download', 'setup-stopped', 'setup-failed', 'setup-asks', 'setup-proof', 'practice-playing', 'practice-faults',
];
/** At 200 % the window of 1080 x 760 has room for half of that. */
const doubled = ['home-ollama-stopped', 'models', 'settings', 'setup-download', 'practice'];
/** The window's own height, when a page is longer: a picture shows its beginning. */
const HEIGHT = 760;

/** The languages of the user guide. */
const guides = ['en', 'fr'];

/**
 * Every card that the guide shows, by the code of its cause.
 * @param {string} language @param {string} place
 */
async function problems(language, place) {
  const page = await open(chromium, stateOf('fix-nothing-wrong'), { language, width: 720, height: HEIGHT });
  const codes = await page.evaluate(() => document.body.dataset['problems']?.split(' ') ?? []);
  if (codes.length === 0) throw new Error('No problems to show.');
  for (const code of codes) {
    await page.evaluate((detail) => void dispatchEvent(new CustomEvent('problem', { detail })), code);
    const card = await page.waitForSelector(`main article[data-code="${code}"]`);
    await card?.screenshot({ path: join(place, `${code}.png`) });
  }
  await page.close();
}

/** @type {{ tag: string }[]} */
const listed = JSON.parse(await readFile(new URL('../messages/languages.json', import.meta.url), 'utf8'));
const languages = listed.map(({ tag }) => tag);
const folder = process.argv[2];
if (!folder) throw new Error('Where to? npm run pictures -- FOLDER');
const chromium = await start();
try {
  for (const language of languages) {
    if (guides.includes(language)) {
      const place = join(folder, language, 'problems');
      await mkdir(place, { recursive: true });
      await problems(language, place);
    }
    for (const [kind, names, look] of /** @type {const} */ ([
      ['states', shown, { width: 1080, height: HEIGHT }],
      ['large', doubled, { width: 540, height: HEIGHT / 2, scale: 2 }],
    ])) {
      const place = join(folder, language, kind);
      await mkdir(place, { recursive: true });
      for (const name of names) {
        const page = await open(chromium, stateOf(name), { ...look, language });
        await page.screenshot({ path: join(place, `${name}.png`) });
        await page.close();
      }
    }
  }
} finally {
  await chromium.close();
}
