// Entry of the window. What shows comes by itself a moment later: until then Rust is asked, which takes as long.

import { mount } from 'svelte';
import { ahead } from './lib/backend/ahead';
import { tauri } from './lib/backend/tauri';
import './style/tokens.css';
import './style/base.css';

const [asked, { default: App }] = await Promise.all([ahead(tauri), import('./App.svelte')]);
mount(App, { target: document.body, props: { backend: { ...tauri, ...asked } } });
