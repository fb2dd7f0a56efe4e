// Entry of the look-only page: the window on a fake backend, `fake.html?world=stopped&language=fr&theme=dark#models`;
// `closing` wishes to close the window, `typed=name` types into the field for any model;
// `pasted=topic` pastes an error of that topic on Fix, `pasted=unknown` one that is not known; with `fits` it explains; `report` shows the report.

import { mount } from 'svelte';
import App from './App.svelte';
import { FakeBackend, type World } from './lib/backend/fake';
import { worlds } from './lib/backend/samples';
import { modelWorlds } from './lib/backend/samples-models';
import { workWorlds } from './lib/backend/samples-work';
import type { Topic } from './lib/backend/types/Topic';
import './style/tokens.css';
import './style/base.css';

const query = new URLSearchParams(location.search);
const wanted = query.get('world') ?? 'well';
const situations: Record<string, World> = { ...worlds, ...modelWorlds, ...workWorlds };
const backend = new FakeBackend(structuredClone(situations[wanted] ?? {}));
// How a running OpenClaw is after a change: `gateway=silent`.
if (query.get('gateway') === 'silent') backend.gateway = 'silent';
backend.tag = query.get('language') ?? 'en';
const theme = query.get('theme');
if (theme === 'light' || theme === 'dark') backend.kept.chosen.theme = theme;

// The window runs with the same restriction.
Object.freeze(Object.prototype);
mount(App, { target: document.body, props: { backend } });
// The screen comes a moment after the window.
setTimeout(() => {
  if (query.has('closing')) backend.wishToClose();
  paste(query.get('pasted'));
  if (query.has('report')) document.querySelector<HTMLButtonElement>('[aria-labelledby=report-title] button')?.click();
  type(query.get('typed'));
  // For whoever looks on: nothing more comes by itself.
  document.body.dataset.stands = 'yes';
}, 100);

function type(name: string | null) {
  const field = document.querySelector<HTMLInputElement>('#any-model');
  if (name === null || !field) return;
  backend.suggestion = { valid: !/\s/.test(name), installed: null, nearest: ['qwen3.5:4b', 'qwen3.5', 'qwen3.5:27b'] };
  field.value = name;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function paste(topic: string | null) {
  const field = document.querySelector<HTMLTextAreaElement>('#pasted');
  if (topic === null || !field) return;
  const findings = backend.world.path?.findings ?? [];
  const fits = query.has('fits');
  backend.explanation = {
    topic: topic === 'unknown' ? null : (topic as Topic),
    finding: findings.find((finding) => fits || finding.severity === 'problem') ?? null,
    fits,
  };
  field.value = 'TypeError: fetch failed\n  cause: Error: connect ECONNREFUSED 127.0.0.1:11434';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.closest('details')?.setAttribute('open', '');
  field.form?.requestSubmit();
}
