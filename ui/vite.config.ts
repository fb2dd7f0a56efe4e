import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

// The same policy as tauri.conf.json, so that a look in a browser fails where the window would.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'";

/** Pincer's one version. */
const version = /^version = "(.+)"$/m.exec(readFileSync(new URL('../Cargo.toml', import.meta.url), 'utf8'))?.[1];
if (!version) throw new Error('No version in Cargo.toml');

// `vite build --mode fake` makes the page with the fake backend, apart from the product:
// nothing of it is reachable from index.html.
export default defineConfig(({ mode }) => ({
  base: './',
  define: { 'import.meta.env.PINCER_VERSION': JSON.stringify(version) },
  plugins: [svelte(), svelteTesting()],
  build: {
    outDir: mode === 'fake' ? 'node_modules/.fake' : 'dist',
    emptyOutDir: true,
    target: ['es2022', 'safari15.4', 'chrome105'],
    modulePreload: false,
    reportCompressedSize: false,
    // The window's own script; each language is a file of its own, and only the one that is shown is read.
    chunkSizeWarningLimit: 250,
    rolldownOptions: { input: mode === 'fake' ? 'fake.html' : 'index.html' },
  },
  preview: mode === 'fake' ? { headers: { 'Content-Security-Policy': policy } } : {},
  // The list of causes, for the pictures of the guide and the tests.
  server: { fs: { allow: ['.', '../docs'] } },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    // A limit, no measure: axe on a whole screen takes seconds where other work runs beside.
    testTimeout: 30_000,
    unstubGlobals: true,
    restoreMocks: true,
  },
}));
