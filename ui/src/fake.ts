// Entry of the look-only page: the window on a fake backend, `fake.html?world=stopped&language=fr&theme=dark#models`.

import { mount } from 'svelte';
import App from './App.svelte';
import { FakeBackend } from './lib/backend/fake';
import { worlds } from './lib/backend/samples';
import './style/tokens.css';
import './style/base.css';

const query = new URLSearchParams(location.search);
const wanted = query.get('world') ?? 'well';
const backend = new FakeBackend(wanted in worlds ? structuredClone(worlds[wanted as keyof typeof worlds]) : {});
// How a running OpenClaw is after a change: `gateway=silent`.
if (query.get('gateway') === 'silent') backend.gateway = 'silent';
backend.tag = query.get('language') ?? 'en';
localStorage.clear();
const theme = query.get('theme');
if (theme !== null) localStorage.setItem('pincer.theme', theme);

// The window runs with the same restriction.
Object.freeze(Object.prototype);
mount(App, { target: document.body, props: { backend } });
