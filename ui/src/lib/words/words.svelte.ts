// Words for people: the catalogue in `messages`, looked up by a typed key.
// The commands read the same files, so the rules here are few and simple.

import en from '../../../messages/en.json';
import fr from '../../../messages/fr.json';

/** A message's key; one that the catalogue lacks does not compile. */
export type Key = keyof typeof en;
/** The start of a key that has `.one` and `.other`. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.one` ? Base : never) : never;
/** The languages that there are. */
export type Language = 'en' | 'fr';
/** Values for the `{placeholders}`. */
export type Params = Readonly<Record<string, unknown>>;

const catalogues: Record<Language, Record<Key, string>> = { en, fr };
/** The languages, as Preferences lists them. */
export const languages: readonly Language[] = ['en', 'fr'];

let current = $state<Language>('en');

/** The language that is shown. */
export function language(): Language {
  return current;
}

/** Switches the language; every text on the screen follows. */
export function setLanguage(next: Language): void {
  current = next;
}

/** The language for a system's tag: French for `fr` and `fr-...`, English otherwise. */
export function languageOf(tag: string): Language {
  return /^fr\b/i.test(tag) ? 'fr' : 'en';
}

/**
 * The words of `key` with its `{placeholders}` filled in. Where a value is missing (null, empty, or a
 * line 0) and the catalogue has `key.else`, that is taken instead, and so on.
 */
export function t(key: Key, params: Params = {}): string {
  const words = catalogues[current];
  let at: string = key;
  while (names(words[at as Key]).some((name) => missing(params[name])) && `${at}.else` in words) at += '.else';
  return words[at as Key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? spoken(params[name]) : whole));
}

/** Like `t` for a counted thing: `.one` or `.other` by the language's rules; fills in `{count}`. */
export function plural(key: PluralKey, count: number, params: Params = {}): string {
  const form = new Intl.PluralRules(current).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as Key, { ...params, count: new Intl.NumberFormat(current).format(count) });
}

function names(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

function missing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
}

function spoken(value: unknown): string {
  if (Array.isArray(value)) return list(value.map(String));
  return String(value);
}

/** Names in a row, as the language writes it: "a, b or c", or with "and". */
export function list(items: readonly string[], type: 'disjunction' | 'conjunction' = 'disjunction'): string {
  return new Intl.ListFormat(current, { type }).format(items);
}
