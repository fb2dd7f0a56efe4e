// The real backend: the only file that imports Tauri.

import { Channel, invoke } from '@tauri-apps/api/core';
import { asFailure, type Backend } from './backend';
import type { Update } from './types/Update';

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (reason) {
    throw asFailure(reason);
  }
}

/** The backend of the window. */
export const tauri: Backend = {
  subscribe: (listen) => {
    const channel = new Channel<Update>();
    channel.onmessage = listen;
    return call('subscribe', { channel });
  },
  pull: (name, forOpenclaw) => call('pull', { name, forOpenclaw }),
  pausePull: (name) => call('pause_pull', { name }),
  resumePull: (name, anyway = false) => call('resume_pull', { name, anyway }),
  setPullForOpenclaw: (name, on) => call('set_pull_for_openclaw', { name, on }),
  cancelPull: (name) => call('cancel_pull', { name }),
  suggestModels: (text) => call('suggest_models', { text }),
  removeModel: (name) => call('remove_model', { name }),
  unloadModel: (name) => call('unload_model', { name }),
  checkModel: (name) => call('check_model', { name }),
  cancelCheck: (name) => call('cancel_check', { name }),
  cancelGatewayStart: () => call('cancel_gateway_start'),
  prove: (name) => call('prove', { name }),
  cancelProof: () => call('cancel_proof'),
  openOpenclaw: () => call('open_openclaw'),
  onClosing: (listen) => {
    const channel = new Channel<null>();
    channel.onmessage = listen;
    return call('on_closing', { channel });
  },
  closeAnyway: () => call('close_anyway'),
  dismissPull: (name) => call('dismiss_pull', { name }),
  previewUse: (request) => call('preview_use', { request }),
  apply: (plan) => call('apply', { plan }),
  gatewayAfterChange: () => call('gateway_after_change'),
  undo: (receipt, force, later) => call('undo', { receipt, force, later }),
  history: () => call('history'),
  difference: (receipt) => call('difference', { receipt }),
  testAddress: (address) => call('test_address', { address }),
  runRemedy: (remedy) => call('run_remedy', { remedy }),
  cancelRemedy: (remedy) => call('cancel_remedy', { remedy }),
  dismissRemedy: (remedy) => call('dismiss_remedy', { remedy }),
  lookAgain: () => call('look_again'),
  installOffer: () => call('install_offer'),
  openclawOffer: () => call('openclaw_offer'),
  cancelInstall: () => call('cancel_install'),
  dismissInstall: () => call('dismiss_install'),
  explainError: (text) => call('explain_error', { text }),
  report: () => call('report'),
  setVisible: (visible) => call('set_visible', { visible }),
  language: () => call('language'),
  preferences: () => call('preferences'),
  keepPreferences: (chosen) => call('keep_preferences', { chosen }),
  tellOutside: (title, text) => call('tell_outside', { title, text }),
  openPage: (page) => call('open_page', { page }),
  openLogs: () => call('open_logs'),
  openPractice: () => call('open_practice'),
  quit: () => call('quit'),
  practiceFaults: () => call('practice_faults'),
  playFault: (name) => call('play_fault', { name }),
};
