// Entry of the window.

import { mount } from 'svelte';
import App from './App.svelte';
import { tauri } from './lib/backend/tauri';
import './style/tokens.css';
import './style/base.css';

mount(App, { target: document.body, props: { backend: tauri } });
