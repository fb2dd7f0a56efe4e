import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, expect, test } from 'vitest';
import type { Backend } from '../src/lib/backend/backend';
import { failureOf } from '../src/lib/backend/fake';
import { tauri } from '../src/lib/backend/tauri';

afterEach(clearMocks);

const request = { primary: 'a', fallbacks: null, models: [], allReady: true, context: null, mode: null, address: null, listed: null, localOnly: false };
const chosen = { language: 'fr', theme: null, text: null, notify: true };
const remedy = { id: 'start-ollama', params: {} } as const;
const calls: [string, (backend: Backend) => Promise<unknown>, string, Record<string, unknown>][] = [
  ['pull', (backend) => backend.pull('a', true), 'pull', { name: 'a', forOpenclaw: true }],
  ['cancelPull', (backend) => backend.cancelPull('a'), 'cancel_pull', { name: 'a' }],
  ['dismissPull', (backend) => backend.dismissPull('a'), 'dismiss_pull', { name: 'a' }],
  ['previewUse', (backend) => backend.previewUse(request), 'preview_use', { request }],
  ['apply', (backend) => backend.apply('p'), 'apply', { plan: 'p' }],
  ['gatewayAfterChange', (backend) => backend.gatewayAfterChange(), 'gateway_after_change', {}],
  ['undo', (backend) => backend.undo(null, true, ['a']), 'undo', { receipt: null, force: true, later: ['a'] }],
  ['setVisible', (backend) => backend.setVisible(false), 'set_visible', { visible: false }],
  ['history', (backend) => backend.history(), 'history', {}],
  ['difference', (backend) => backend.difference('r'), 'difference', { receipt: 'r' }],
  ['testAddress', (backend) => backend.testAddress('h'), 'test_address', { address: 'h' }],
  ['installOffer', (backend) => backend.installOffer(), 'install_offer', {}],
  ['openclawOffer', (backend) => backend.openclawOffer(), 'openclaw_offer', {}],
  ['cancelInstall', (backend) => backend.cancelInstall(), 'cancel_install', {}],
  ['dismissInstall', (backend) => backend.dismissInstall(), 'dismiss_install', {}],
  ['cancelGatewayStart', (backend) => backend.cancelGatewayStart(), 'cancel_gateway_start', {}],
  ['prove', (backend) => backend.prove('a'), 'prove', { name: 'a' }],
  ['cancelProof', (backend) => backend.cancelProof(), 'cancel_proof', {}],
  ['openOpenclaw', (backend) => backend.openOpenclaw(), 'open_openclaw', {}],
  ['explainError', (backend) => backend.explainError('e'), 'explain_error', { text: 'e' }],
  ['report', (backend) => backend.report(), 'report', {}],
  ['runRemedy', (backend) => backend.runRemedy(remedy), 'run_remedy', { remedy }],
  ['cancelRemedy', (backend) => backend.cancelRemedy(remedy), 'cancel_remedy', { remedy }],
  ['dismissRemedy', (backend) => backend.dismissRemedy(remedy), 'dismiss_remedy', { remedy }],
  ['lookAgain', (backend) => backend.lookAgain(), 'look_again', {}],
  ['preferences', (backend) => backend.preferences(), 'preferences', {}],
  ['keepPreferences', (backend) => backend.keepPreferences(chosen), 'keep_preferences', { chosen }],
  ['tellOutside', (backend) => backend.tellOutside('t', 'x'), 'tell_outside', { title: 't', text: 'x' }],
  ['openPage', (backend) => backend.openPage('get-node'), 'open_page', { page: 'get-node' }],
  ['openLogs', (backend) => backend.openLogs(), 'open_logs', {}],
  ['quit', (backend) => backend.quit(), 'quit', {}],
  ['language', (backend) => backend.language(), 'language', {}],
  ['practiceFaults', (backend) => backend.practiceFaults(), 'practice_faults', {}],
  ['playFault', (backend) => backend.playFault('stopped'), 'play_fault', { name: 'stopped' }],
  ['openPractice', (backend) => backend.openPractice(), 'open_practice', {}],
];

test.each(calls)('%s is one command with its arguments', async (_, call, command, args) => {
  mockIPC((name, given) => ({ name, given }));
  expect(await call(tauri)).toEqual({ name: command, given: args });
});

test('subscribe hands over a channel and hears what comes through it', async () => {
  const heard: unknown[] = [];
  const update = { revision: 1, slice: 'pulls', state: [] };
  mockIPC((name, given) => {
    expect(name).toBe('subscribe');
    const { channel } = given as { channel: { id: number } };
    const { __TAURI_INTERNALS__: inside } = window as unknown as {
      __TAURI_INTERNALS__: { runCallback: (id: number, message: unknown) => void };
    };
    inside.runCallback(channel.id, { index: 0, message: update });
  });
  await tauri.subscribe((one) => heard.push(one));
  expect(heard).toEqual([update]);
});

test('a failure comes as it is, anything else as a fault of our own', async () => {
  const failure = failureOf({ code: 'undo.nothing', params: {} });
  mockIPC(() => { throw failure; });
  await expect(tauri.undo(null, false, [])).rejects.toEqual(failure);
  mockIPC(() => { throw 'command apply not found'; });
  await expect(tauri.apply('p')).rejects.toEqual({ code: 'internal', params: {}, detail: 'command apply not found' });
});
