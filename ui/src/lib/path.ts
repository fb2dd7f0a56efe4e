// The stations of the path, in order. The only list of them.

import type { Link } from './backend/types/Link';

/** From Ollama to OpenClaw. */
export const stations: readonly Link[] = ['engine', 'connection', 'models', 'settings', 'openclaw'];
