// The error that someone pasted, and what the checks said to it. It lives as long as the window and is never stored.

import { asFailure, type Backend } from '../backend/backend';
import type { Diagnosis } from '../backend/types/Diagnosis';
import type { Explanation } from '../backend/types/Explanation';
import type { Failure } from '../backend/types/Failure';
import type { Finding } from '../backend/types/Finding';

/** More than this is not sent, in bytes: the error stands near the beginning or the end of a text. */
const READ = 64 << 10;

/** What the checks said. */
export interface Answer extends Explanation {
  /** The path as the window knew it then: only a newer one can say that the finding is gone. */
  path: Diagnosis | null;
}

/** A text to look into, kept from screen to screen. */
export class Pasted {
  /** The panel shows its field. */
  open = $state(false);
  /** Someone came for the field: it takes the focus. */
  wanted = $state(false);
  text = $state('');
  busy = $state(false);
  failure = $state.raw<Failure | null>(null);
  answer = $state.raw<Answer | null>(null);

  #backend: Backend;
  #asked = '';

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Makes the checks anew for the text. The answer to the same text stays until there is a newer one. */
  async ask(live: { readonly path: Diagnosis | null }): Promise<void> {
    if (this.busy) return;
    const text = this.text;
    this.busy = true;
    this.failure = null;
    if (text !== this.#asked) this.answer = null;
    this.#asked = text;
    try {
      const said = await this.#backend.explainError(readable(text));
      this.answer = { ...said, path: live.path };
    } catch (reason) {
      this.answer = null;
      this.failure = asFailure(reason);
    } finally {
      this.busy = false;
    }
  }

  /** The answer's finding as the path has it now; `null` when it is gone, or when there was none. */
  present(path: Diagnosis | null): Finding | null {
    const said = this.answer?.finding ?? null;
    if (said === null) return null;
    const now = path?.findings.find((one) => one.code === said.code && subject(one) === subject(said));
    return now ?? (path === this.answer?.path ? said : null);
  }
}

/** Whether a text is so long that only its beginning and its end are read. */
export function isCut(text: string): boolean {
  // A character has at most three bytes here (a pair has four), so that most texts need no count.
  return text.length * 3 > READ && new TextEncoder().encode(text).length > READ;
}

/** A text as it is sent: well formed, and of a long one the beginning and the end. */
export function readable(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  if (bytes.length <= READ) return decoder.decode(bytes);
  // What is cut in two becomes a mark of three bytes, at either end.
  const half = READ / 2 - 12;
  return `${decoder.decode(bytes.subarray(0, half))}\n${decoder.decode(bytes.subarray(-half))}`;
}

/** What a finding speaks of, where several of its code may stand side by side. */
function subject({ params }: Finding): string {
  const { name, path, key, variable } = params as Partial<Record<'name' | 'path' | 'key' | 'variable', string>>;
  return name ?? path ?? key ?? variable ?? '';
}
