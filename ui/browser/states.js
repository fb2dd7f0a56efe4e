// Every screen in the states that differ, as the fake backend plays them (`src/fake.ts` reads what is in the address).

/**
 * @typedef {object} State
 * @property {string} name Of its picture, and in a failed test.
 * @property {string} world One of the situations in `src/lib/backend/samples*.ts`.
 * @property {'home' | 'models' | 'fix' | 'settings' | 'preferences'} screen
 * @property {(page: import('puppeteer-core').Page) => Promise<void>} [act] What is done there first.
 * @property {string} [typed] Into the field for any model.
 * @property {import('../src/lib/backend/types/Topic').Topic | 'unknown'} [pasted] The topic of a pasted error.
 * @property {string} [fits] What is found explains that error.
 * @property {string} [report] The report is shown.
 * @property {string} [closing] The window is asked to close.
 * @property {string} [setup] How far "Set everything up" has gone (see `src/lib/backend/fake-setup.ts`).
 * @property {string} [practice] It is practice mode.
 * @property {'large' | 'very-large'} [text] Its size.
 */

/** Everything that is folded. @param {import('puppeteer-core').Page} page */
async function unfold(page) {
  await page.$$eval('details:not([open]) > summary', (folds) => folds.forEach((fold) => fold.click()));
}

/** @param {string} selector @param {number} at Which of them. */
const press = (selector, at = 0) => async (/** @type {import('puppeteer-core').Page} */ page) => {
  await page.waitForSelector(selector);
  const all = await page.$$(selector);
  await all[at]?.evaluate((button) => /** @type {HTMLElement} */ (button).click());
};

/**
 * So many seconds have passed. The clock of a page stands (see `chromium.js`).
 * @param {number} seconds
 */
const after = (seconds) => async (/** @type {import('puppeteer-core').Page} */ page) => {
  const timer = await page.waitForSelector('[role=timer]');
  const before = await timer?.evaluate((shown) => shown.textContent);
  await page.evaluate((more) => {
    const later = Date.now() + more * 1000;
    Date.now = () => later;
  }, seconds);
  await page.waitForFunction((said) => document.querySelector('[role=timer]')?.textContent !== said, {}, before);
};

const card = 'article[data-model="qwen3.5:9b"]';
const preview = press(`${card} .bottom > .row > .button`);

/** @param {import('puppeteer-core').Page} page */
async function remove(page) {
  await press(`${card} details > summary`)(page);
  await page.waitForSelector(`${card} details[open] button`);
  await page.$$eval(`${card} details[open] button`, (buttons) => buttons.at(-1)?.click());
  await page.waitForSelector('dialog[open]');
}

const situation = '#practice-faults > ul button';

/** @param {import('puppeteer-core').Page} page */
async function faults(page) {
  await press('[data-testid=practice] [aria-expanded]')(page);
  await page.waitForSelector(situation);
}

/** @param {import('puppeteer-core').Page} page */
async function played(page) {
  await faults(page);
  await press(situation, 1)(page);
}

/** @type {State[]} The whole list: what the accessibility of each is tested by. */
export const states = [
  { name: 'home-looking', world: 'checking', screen: 'home' },
  { name: 'home-ready', world: 'well', screen: 'home' },
  { name: 'home-running', world: 'running', screen: 'home' },
  { name: 'home-proven', world: 'proven', screen: 'home' },
  { name: 'home-proving', world: 'proving', screen: 'home' },
  { name: 'home-unproven', world: 'unproven', screen: 'home' },
  { name: 'home-openclaw-stopped', world: 'gatewayStopped', screen: 'home' },
  { name: 'home-openclaw-starting', world: 'gatewayStarting', screen: 'home' },
  { name: 'home-warned', world: 'warned', screen: 'home' },
  { name: 'home-ollama-stopped', world: 'stopped', screen: 'home' },
  { name: 'home-nothing-installed', world: 'bare', screen: 'home' },
  { name: 'home-port-taken', world: 'occupied', screen: 'home' },
  { name: 'home-ollama-waking', world: 'starting', screen: 'home' },
  { name: 'home-ollama-silent', world: 'silent', screen: 'home' },
  { name: 'home-remedy-refused', world: 'tried', screen: 'home' },
  { name: 'home-remedy-runs', world: 'waking', screen: 'home' },
  { name: 'home-mended', world: 'mended', screen: 'home' },
  { name: 'home-wrong-address', world: 'elsewhere', screen: 'home' },
  { name: 'home-no-model', world: 'empty', screen: 'home' },
  { name: 'home-no-tools', world: 'chatters', screen: 'home' },
  { name: 'home-not-set-up', world: 'unset', screen: 'home' },
  { name: 'home-settings-unreadable', world: 'unreadable', screen: 'home' },
  { name: 'home-downloading', world: 'downloading', screen: 'home' },
  { name: 'home-installing', world: 'installing', screen: 'home' },
  { name: 'home-installing-openclaw', world: 'installingOpenclaw', screen: 'home' },
  { name: 'home-installed', world: 'installed', screen: 'home' },
  { name: 'home-install-failed', world: 'installFailed', screen: 'home' },
  { name: 'setup-download', world: 'empty', screen: 'home', setup: 'download', act: after(106) },
  { name: 'setup-stopped', world: 'empty', screen: 'home', setup: 'download', act: press('[data-testid=setup] .tinted .button') },
  { name: 'setup-failed', world: 'empty', screen: 'home', setup: 'failed' },
  { name: 'setup-asks', world: 'empty', screen: 'home', setup: 'asks' },
  { name: 'setup-proof', world: 'empty', screen: 'home', setup: 'proof' },
  { name: 'practice', world: 'well', screen: 'home', practice: '' },
  { name: 'practice-playing', world: 'stopped', screen: 'home', practice: '', act: played },
  { name: 'practice-faults', world: 'well', screen: 'home', practice: '', act: faults },
  { name: 'practice-table', world: 'well', screen: 'models', practice: '', act: async (page) => {
    await faults(page);
    await unfold(page);
  } },
  { name: 'home-closing', world: 'downloading', screen: 'home', closing: '' },
  { name: 'models-loading', world: 'checking', screen: 'models' },
  { name: 'models', world: 'groups', screen: 'models' },
  { name: 'models-unfolded', world: 'groups', screen: 'models', act: unfold },
  { name: 'models-trying', world: 'trying', screen: 'models' },
  { name: 'models-tried', world: 'outcomes', screen: 'models' },
  { name: 'models-none', world: 'empty', screen: 'models' },
  { name: 'models-stopped', world: 'stopped', screen: 'models' },
  { name: 'models-remote', world: 'remote', screen: 'models' },
  { name: 'models-downloads', world: 'pulls', screen: 'models' },
  { name: 'models-download-failures', world: 'failures', screen: 'models' },
  { name: 'models-name-typed', world: 'well', screen: 'models', typed: 'qwen' },
  { name: 'models-preview', world: 'well', screen: 'models', act: preview },
  { name: 'models-remove', world: 'well', screen: 'models', act: remove },
  { name: 'fix-looking', world: 'partly', screen: 'fix' },
  { name: 'fix-nothing-wrong', world: 'well', screen: 'fix' },
  { name: 'fix-two-causes', world: 'bare', screen: 'fix' },
  { name: 'fix-unfolded', world: 'occupied', screen: 'fix', act: unfold },
  { name: 'fix-tried', world: 'tried', screen: 'fix' },
  { name: 'fix-settings-unreadable', world: 'unreadable', screen: 'fix' },
  { name: 'fix-pasted', world: 'stopped', screen: 'fix', pasted: 'unreached', fits: '' },
  { name: 'fix-pasted-other', world: 'stopped', screen: 'fix', pasted: 'no-tools' },
  { name: 'fix-pasted-unknown', world: 'well', screen: 'fix', pasted: 'unknown' },
  { name: 'fix-report', world: 'stopped', screen: 'fix', report: '' },
  { name: 'settings-loading', world: 'checking', screen: 'settings' },
  { name: 'settings', world: 'well', screen: 'settings' },
  { name: 'settings-off', world: 'unset', screen: 'settings' },
  { name: 'settings-unreadable', world: 'unreadable', screen: 'settings' },
  { name: 'settings-preview', world: 'well', screen: 'settings', act: async (page) => {
    await press('input[type=radio]:not(:checked)')(page);
    await press('form .button.lead, .choices .button.lead')(page);
    await unfold(page);
  } },
  { name: 'preferences', world: 'well', screen: 'preferences' },
];

/** @type {(name: string) => State} The state of that name. */
export function stateOf(name) {
  const state = states.find((one) => one.name === name);
  if (!state) throw new Error(`No state ${name}`);
  return state;
}
