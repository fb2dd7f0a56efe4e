import { describe, expect, test } from 'vitest';
import en from '../messages/en.json';
import { languages, ownName } from '../src/lib/words/words.svelte';

const files = import.meta.glob<Record<string, string>>('../messages/*.json', { eager: true, import: 'default' });
const sources = import.meta.glob('../src/**/*.{ts,svelte}', { query: '?raw', import: 'default', eager: true });

const english: Record<string, string> = en;
const others = languages.filter((tag) => tag !== 'en');
const catalogue = (tag: string) => files[`../messages/${tag}.json`] ?? {};
const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

describe('the catalogue', () => {
  test('is one file for each language of the list, and no other', () => {
    expect(Object.keys(files).sort()).toEqual([...languages, 'languages'].map((name) => `../messages/${name}.json`).sort());
  });

  test.each(others)('has the same keys in the same order (%s)', (tag) => {
    expect(Object.keys(catalogue(tag))).toEqual(Object.keys(english));
  });

  test.each(others)('has the same placeholders (%s)', (tag) => {
    const words = catalogue(tag);
    const differing = Object.keys(english).filter((key) => String(names(english[key] ?? '')) !== String(names(words[key] ?? '')));
    expect(differing).toEqual([]);
  });

  test.each(languages)('has no empty words and no unbalanced brace (%s)', (tag) => {
    for (const words of Object.values(catalogue(tag))) {
      expect(words.trim()).not.toBe('');
      expect(words.replace(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  test.each(languages)('names its language in itself, and says what Intl cannot (%s)', (tag) => {
    expect(ownName(tag)).toBe(new Intl.DisplayNames([tag], { type: 'language', fallback: 'none' }).of(tag.replace('-CN', '-Hans'))?.replace(/^./u, (first) => first.toUpperCase()));
    expect(Number(catalogue(tag)['language.words-per-token'])).toBeGreaterThan(0);
    const pattern = catalogue(tag)['cli.number'] ?? '';
    const [group, point] = new Intl.NumberFormat(tag).formatToParts(12_345.6).filter((part) => part.type !== 'integer' && part.type !== 'fraction');
    expect(pattern).toBe(`#${group?.value}##0${point?.value}0`);
  });

  // One who speaks to the computer says what is written on the button.
  test.each(languages)('says to the ears what it shows to the eyes (%s)', (tag) => {
    const words = catalogue(tag);
    const differing = Object.entries(words).filter(([key, name]) => {
      const shown = key.endsWith('.name') ? words[key.slice(0, -'.name'.length)] : undefined;
      return shown !== undefined && !name.toLowerCase().includes(shown.replace('…', '').toLowerCase());
    });
    expect(differing).toEqual([]);
  });

  test('has one and other together', () => {
    const base = (ending: string) =>
      Object.keys(english).filter((key) => key.endsWith(ending)).map((key) => key.slice(0, -ending.length)).sort();
    // An address source and a file reason are named `other` too: they are no plurals.
    const plurals = base('.other').filter((key) => !['file-reason', 'home.ready'].includes(key));
    expect(base('.one')).toEqual(plurals);
  });

  test('has no word that nothing says', () => {
    const text = Object.entries(sources).filter(([path]) => !path.includes('/types/')).map(([, source]) => source as string).join('\n');
    const quoted = new Set([...text.matchAll(/'([a-z][\w.-]+)'/g)].map((match) => match[1]));
    const patterns = [...text.matchAll(/`([a-z][\w.-]*\$\{[^`]*)`/g)].map((match) => {
      const parts = (match[1] ?? '').split(/\$\{[^}]*\}/).map((part) => part.replace(/[.-]/g, '\\$&'));
      return new RegExp(`^${parts.join('[\\w.-]+')}$`);
    });
    const said = (key: string) => quoted.has(key) || patterns.some((pattern) => pattern.test(key));
    const silent = Object.keys(english).filter(
      // The commands, the menu of macOS and the window's frame are said in Rust.
      (key) => !/^(cli|menu|window)\./.test(key) && !said(key.replace(/(\.else)+$/, '')) && !said(key.replace(/\.(one|other)$/, '')),
    );
    expect(silent).toEqual([]);
  });
});
