// What every screen gets from the root: the backend and the window's few states, by Svelte's context.

import { createContext } from 'svelte';
import type { Backend } from '../backend/backend';
import type { Change } from './change.svelte';
import type { Downloads } from './downloads.svelte';
import type { Live } from './live.svelte';
import type { Pasted } from './pasted.svelte';
import type { Practice } from './practice.svelte';
import type { Preferences } from './preferences.svelte';
import type { Report } from './report.svelte';
import type { Route } from './route.svelte';
import type { SetUp } from './setup.svelte';

/** The window's states. */
export interface App {
  backend: Backend;
  live: Live;
  change: Change;
  downloads: Downloads;
  pasted: Pasted;
  practice: Practice;
  preferences: Preferences;
  report: Report;
  route: Route;
  setup: SetUp;
}

/** Reads and sets the context. */
export const [getApp, setApp] = createContext<App>();
