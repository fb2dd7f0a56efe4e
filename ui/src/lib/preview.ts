// What the window reads out of a preview. No state, no words.

import type { Preview } from './backend/types/Preview';

const PRIMARY = 'agents.defaults.model.primary';

/** The primary that a change takes the place of, as written; the present one where the change leaves it. */
export function primaryBefore(preview: Preview): string | null {
  for (const { path, before } of preview.changes) {
    if (path !== PRIMARY && !PRIMARY.startsWith(`${path}.`)) continue;
    // The model can be written as a plain text in place of an object.
    let value: unknown = before;
    for (const key of PRIMARY.slice(path.length + 1).split('.')) {
      if (key === '' || typeof value !== 'object' || value === null) break;
      value = (value as Record<string, unknown>)[key];
    }
    return typeof value === 'string' ? value : null;
  }
  return preview.primary;
}
