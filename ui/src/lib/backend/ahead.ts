// Asks the backend for what the first picture needs while the page is still being read, so that there is one picture, not three.

import { hasWords, languageFor, languageOf, setLanguage } from '../words/words.svelte';
import type { Backend } from './backend';
import type { Update } from './types/Update';

/** Rust answers in milliseconds; without an answer the page comes all the same, in the browser's language. */
const LIMIT = 1000;

type Asked = Pick<Backend, 'subscribe' | 'preferences' | 'language'>;

/**
 * The same questions, asked already: the state, the preferences and the language are here, and the words of that language.
 * The first subscriber gets at once what was pushed so far.
 */
export async function ahead(backend: Asked): Promise<Asked> {
  const waiting: Update[] = [];
  let listen = (update: Update): void => void waiting.push(update);
  const subscribed = backend.subscribe((update) => listen(update));
  const [preferences, language] = [backend.preferences(), backend.language()];
  const words = Promise.all([preferences.then(({ chosen }) => chosen.language, () => null), language.catch(() => '')])
    .then(([chosen, tag]) => setLanguage(languageFor(chosen, languageOf(tag || navigator.language))));
  await Promise.race([Promise.allSettled([subscribed, words]), new Promise((late) => setTimeout(late, LIMIT))]);
  if (!hasWords()) await setLanguage(languageOf(navigator.language));
  return {
    subscribe: (next) => {
      listen = next;
      waiting.splice(0).forEach(next);
      return subscribed;
    },
    preferences: () => preferences,
    language: () => language,
  };
}
