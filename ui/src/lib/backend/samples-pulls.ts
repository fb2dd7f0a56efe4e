// Sample downloads for the fake backend: one in every state, and one for every way to fail.

import { failureOf, pullOf } from './fake-states';
import type { Failure } from './types/Failure';
import type { PullState } from './types/PullState';

/** A download in each state, the names telling nothing of it. */
export const everyState: PullState[] = [
  pullOf('qwen3.5:4b', 'downloading', 0.37, 3_389_000_000),
  { ...pullOf('gpt-oss:20b', 'stalled', 0.62, 13_790_000_000), forOpenclaw: false },
  pullOf('qwen3.5:27b', 'paused', 0.21, 17_400_000_000),
  pullOf('gemma4', 'starting'),
  pullOf('glm-4.7-flash', 'queued'),
  {
    ...pullOf('qwen3-coder:30b', 'waiting', 0.48, 18_600_000_000),
    failure: failureOf({ code: 'ollama.refused', params: { url: 'http://127.0.0.1:11434' } }),
  },
  pullOf('devstral', 'verifying', 0.999, 14_300_000_000),
  pullOf('granite4:3b', 'writing', 0.999, 2_100_000_000),
  { ...pullOf('qwen3.5:9b', 'done', 1, 6_594_474_711), listedBy: 'receipt-7' },
  pullOf('gemma3:4b', 'done', 1, 3_338_801_804),
  pullOf('mistral', 'cancelled', 0.3, 4_113_301_824),
];

const noRoom = {
  needBytes: 38_700_000_000, freeBytes: 11_200_000_000, roomBytes: 11_200_000_000, folder: '/usr/share/ollama/.ollama/models', moving: 'linux-service',
};

/** A failure of each kind, by the name of the download. */
export const everyFailure: PullState[] = Object.entries({
  'lama3.3': failureOf(
    { code: 'pull.unknown-model', params: { name: 'lama3.3', nearest: ['llama3.3', 'llama3.2'] } as never },
    'pull model manifest: file does not exist',
  ),
  'a b': failureOf({ code: 'pull.bad-name', params: { name: 'a b' } }),
  offline: failureOf({ code: 'pull.offline', params: {} }, 'dial tcp: lookup registry.ollama.ai: no such host'),
  intercepted: failureOf({ code: 'pull.intercepted', params: {} }, 'x509: certificate signed by unknown authority'),
  'llama3.3': failureOf({ code: 'pull.disk-full', params: noRoom as never }, 'no space left on device'),
  permission: failureOf({ code: 'pull.permission', params: {} }, 'mkdir /srv/models/blobs: permission denied'),
  'too-new': failureOf({ code: 'pull.engine-too-old', params: {} }, 'pull model manifest: 412'),
  private: failureOf({ code: 'pull.unauthorized', params: {} }, 'unauthorized: access denied'),
  damaged: failureOf({ code: 'pull.damaged', params: {} }, 'digest mismatch, file must be downloaded again'),
  interrupted: failureOf({ code: 'pull.interrupted', params: {} }),
  other: failureOf({ code: 'pull.failed', params: {} }, 'EOF'),
} satisfies Record<string, Failure>).map(([name, failure]) => ({ ...pullOf(name, 'failed', 0.1, 5e9), failure }));
