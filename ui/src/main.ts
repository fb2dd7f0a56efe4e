// Entry of the window. What shows comes by itself a moment later: until then Rust is asked, which takes as long.

import { mount } from 'svelte';
import { ahead } from './lib/backend/ahead';
import { tauri } from './lib/backend/tauri';
import './style/tokens.css';
import './style/base.css';

// Not awaited here: what the window shares with this entry would wait for it for ever.
void Promise.all([ahead(tauri), import('./App.svelte')]).then(([asked, { default: App }]) => {
  mount(App, { target: document.body, props: { backend: { ...tauri, ...asked } } });
});
