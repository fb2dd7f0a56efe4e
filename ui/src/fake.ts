// Entry of the look-only page: the window on a fake backend, `fake.html?world=stopped&language=fr&theme=dark#models`;
// `closing` wishes to close the window, `typed=name` types into the field for any model;
// `pasted=topic` pastes an error of that topic on Fix, `pasted=unknown` one that is not known; with `fits` it explains; `report` shows the report;
// `setup=download` sets everything up as far as that (see `fake-setup.ts`); `practice` is practice mode.
// An event `problem` with the code of a cause shows that one alone, as the user guide has it.

import { mount } from 'svelte';
import en from '../messages/en.json';
import App from './App.svelte';
import { diagnosis, FakeBackend, type World } from './lib/backend/fake';
import { SettingUp, type Rest } from './lib/backend/fake-setup';
import { worlds } from './lib/backend/samples';
import { modelWorlds } from './lib/backend/samples-models';
import { listed, problemOf } from './lib/backend/samples-problems';
import { workWorlds } from './lib/backend/samples-work';
import type { Topic } from './lib/backend/types/Topic';
import { situations as played } from './lib/practice';
import { languageOf, setLanguage } from './lib/words/words.svelte';
import './style/tokens.css';
import './style/base.css';

/** Some of the table's names, as many as wrap in every width. */
const faults = [
  'refused', 'accept-then-close', 'silent', 'slow-body', 'half-json', 'html', 'redirect-login', 'error-401', 'error-404', 'error-500',
  'cut-chunked', 'wrong-length', 'endless-body', 'old-ollama', 'pull-cut', 'pull-disk-full', 'pull-digest-mismatch', 'pull-stalls',
];

const query = new URLSearchParams(location.search);
const wanted = query.get('world') ?? 'well';
const situations: Record<string, World> = { ...worlds, ...modelWorlds, ...workWorlds };
const setup = query.get('setup') as Rest | null;
const backend = setup ? new SettingUp(setup) : new FakeBackend(structuredClone(situations[wanted] ?? {}));
if (query.has('practice')) backend.practice = [...played, ...faults];
// How a running OpenClaw is after a change: `gateway=silent`.
if (query.get('gateway') === 'silent') backend.gateway = 'silent';
backend.tag = query.get('language') ?? 'en';
const theme = query.get('theme');
if (theme === 'light' || theme === 'dark') backend.kept.chosen.theme = theme;
const text = query.get('text');
if (text === 'large' || text === 'very-large') backend.kept.chosen.text = text;

// The window runs with the same restriction.
Object.freeze(Object.prototype);
await setLanguage(languageOf(backend.tag));
mount(App, { target: document.body, props: { backend } });
// The screen comes a moment after the window.
setTimeout(() => {
  if (query.has('closing')) backend.wishToClose();
  if (setup) document.querySelector<HTMLButtonElement>('[data-testid=setup] .lead.big')?.click();
  paste(query.get('pasted'));
  if (query.has('report')) document.querySelector<HTMLButtonElement>('[aria-labelledby=report-title] button')?.click();
  type(query.get('typed'));
  // For whoever looks on: nothing more comes by itself.
  document.body.dataset.stands = 'yes';
}, 100);

addEventListener('problem', (event) => {
  const cause = listed().find(({ code }) => code === (event as CustomEvent<string>).detail);
  if (cause) backend.push({ path: diagnosis([problemOf(cause)]) });
});
document.body.dataset['problems'] = listed().map(({ code }) => code).join(' ');

function type(name: string | null) {
  const field = document.querySelector<HTMLInputElement>('#any-model');
  if (name === null || !field) return;
  backend.suggestion = { valid: !/\s/.test(name), installed: null, nearest: ['qwen3.5:4b', 'qwen3.5', 'qwen3.5:27b'] };
  field.value = name;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function isTopic(name: string): name is Topic {
  return `topic.${name}.about` in en;
}

function paste(topic: string | null) {
  const field = document.querySelector<HTMLTextAreaElement>('#pasted');
  if (topic === null || !field) return;
  const findings = backend.world.path?.findings ?? [];
  const fits = query.has('fits');
  if (topic !== 'unknown' && !isTopic(topic)) throw new Error(`No topic ${topic}`);
  backend.explanation = {
    topic: topic === 'unknown' ? null : topic,
    finding: findings.find((finding) => fits || finding.severity === 'problem') ?? null,
    fits,
  };
  field.value = 'TypeError: fetch failed\n  cause: Error: connect ECONNREFUSED 127.0.0.1:11434';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.closest('details')?.setAttribute('open', '');
  field.form?.requestSubmit();
}
