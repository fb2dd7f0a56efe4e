// Words for people: the catalogue in `messages`, looked up by a typed key.
// The commands read the same files, so the rules here are few and simple.

import type en from '../../../messages/en.json';
import names from '../../../messages/languages.json';

/** A message's key; one that the catalogue lacks does not compile. */
export type Key = keyof typeof en;
/** The start of a key that has `.one` and `.other`. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.one` ? Base : never) : never;
/** A language's tag (BCP 47), as `messages/languages.json` lists it. */
export type Language = string;
/** Values for the `{placeholders}`. */
export type Params = Readonly<Record<string, unknown>>;

/** The languages, as Preferences lists them; the first is for everyone else. */
export const languages: readonly Language[] = names.map(({ tag }) => tag);

const files = import.meta.glob<Record<Key, string>>(['../../../messages/*.json', '!**/languages.json'], { import: 'default' });
const fallback: Language = 'en';

/** The messages of the languages that were shown so far: each is a file of its own, for most people need one. */
let read = $state.raw<Partial<Record<Language, Record<Key, string>>>>({});
let current = $state<Language>(fallback);
let latest = fallback;

/** The language that is shown. */
export function language(): Language {
  return current;
}

/** There is something to show besides keys. */
export function hasWords(): boolean {
  return current in read;
}

/**
 * Switches the language once its words are here, at once when they are; every text on the screen follows. The last wish
 * counts. All words are in the program: where a file of them cannot be read even so, what was shown stays.
 */
export async function setLanguage(next: Language): Promise<void> {
  latest = next;
  const file = files[`../../../messages/${next}.json`];
  if (!(next in read)) {
    const words = await file?.().catch(() => undefined);
    if (!words) return;
    read = { ...read, [next]: words };
  }
  if (latest !== next) return;
  current = next;
  document.documentElement.lang = next;
}

/** A language's own name: `Français`. */
export function ownName(tag: Language): string {
  return names.find((one) => one.tag === tag)?.name ?? tag;
}

/**
 * The language for a system's tag or locale: exactly that one, else one of the same language, else English.
 * So one who reads Traditional Chinese gets Simplified: by Unicode's distances between languages that is near,
 * and English is not. The commands do the same.
 */
export function languageOf(tag: string): Language {
  const wanted = tag.replace(/[.@].*$/, '').replaceAll('_', '-').toLowerCase();
  const language = (one: string) => one.toLowerCase().split('-')[0];
  return languages.find((one) => one.toLowerCase() === wanted) ?? languages.find((one) => language(one) === language(wanted)) ?? fallback;
}

/** The language to show: the one that was chosen, if there is such a one, else the system's. */
export function languageFor(chosen: string | null, system: Language): Language {
  return languages.find((one) => one === chosen) ?? system;
}

/**
 * The words of `key` with its `{placeholders}` filled in. Where a value is missing (null, empty, or a
 * line 0) and the catalogue has `key.else`, that is taken instead, and so on. A key that there is not (a code of
 * another version) is shown as it is: no page breaks for want of a word.
 */
export function t(key: Key, params: Params = {}): string {
  const words: Partial<Record<string, string>> = read[current] ?? {};
  let at: string = key;
  while (placeholders(words[at] ?? '').some((name) => missing(params[name])) && `${at}.else` in words) at += '.else';
  return (words[at] ?? at).replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? spoken(name, params[name]) : whole));
}

/** Like `t` for a counted thing: `.one` or `.other` by the language's rules; fills in `{count}`. */
export function plural(key: PluralKey, count: number, params: Params = {}): string {
  const form = new Intl.PluralRules(current).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as Key, { ...params, count: new Intl.NumberFormat(current).format(count) });
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

function missing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
}

/** Ports and lines are names; tokens are counted. The commands do the same. */
function spoken(name: string, value: unknown): string {
  if (Array.isArray(value)) return list(value.map((one) => inert(String(one))));
  if (typeof value === 'number' && (name === 'tokens' || name === 'fits')) return new Intl.NumberFormat(current).format(value);
  return inert(String(value));
}

/** What turns the reading direction, steers or hides: the same characters as in the library's `inert`. */
const steers = /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/gu;

/** A text from outside as it may stand in a sentence: what is none to read is shown as unreadable. */
export function inert(text: string): string {
  return text.replace(steers, '\u{fffd}');
}

/** Sentences one after the other. */
export function sentences(...all: readonly string[]): string {
  return joined('join.sentences', all);
}

/** Parts of a sentence as one. */
export function clauses(all: readonly string[]): string {
  return joined('join.clauses', all);
}

function joined(key: 'join.sentences' | 'join.clauses', parts: readonly string[]): string {
  return parts.length === 0 ? '' : parts.reduce((first, next) => t(key, { first, next }));
}

/** Names in a row, as the language writes it: "a, b or c", or with "and". */
export function list(items: readonly string[], type: 'disjunction' | 'conjunction' = 'disjunction'): string {
  return new Intl.ListFormat(current, { type }).format(items);
}
