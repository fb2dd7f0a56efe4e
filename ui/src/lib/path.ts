// The stations of the path, in order, and what was found along it. The only list of them.

import type { Finding } from './backend/types/Finding';
import type { Link } from './backend/types/Link';

/** From Ollama to OpenClaw. */
export const stations: readonly Link[] = ['engine', 'connection', 'models', 'settings', 'openclaw'];

/** Findings with a key each: a card stays the same while its cause does, wherever it stands in the list. */
export function keyed(findings: readonly Finding[]): { finding: Finding; key: string }[] {
  const times = new Map<string, number>();
  return findings.map((finding) => {
    const time = (times.get(finding.code) ?? 0) + 1;
    times.set(finding.code, time);
    return { finding, key: `${finding.code} ${time}` };
  });
}
