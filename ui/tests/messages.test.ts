import { describe, expect, test } from 'vitest';
import en from '../messages/en.json';
import fr from '../messages/fr.json';

const sources = import.meta.glob('../src/**/*.{ts,svelte}', { query: '?raw', import: 'default', eager: true });

const english: Record<string, string> = en;
const french: Record<string, string> = fr;
const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

describe('the catalogue', () => {
  test('has the same keys in both languages', () => {
    expect(Object.keys(french).sort()).toEqual(Object.keys(english).sort());
  });

  test('has the same placeholders in both languages', () => {
    const differing = Object.keys(english).filter((key) => String(names(english[key] ?? '')) !== String(names(french[key] ?? '')));
    expect(differing).toEqual([]);
  });

  test('has no empty words and no unbalanced brace', () => {
    for (const words of [...Object.values(english), ...Object.values(french)]) {
      expect(words.trim()).not.toBe('');
      expect(words.replace(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  test('has one and other together', () => {
    const base = (ending: string) =>
      Object.keys(english).filter((key) => key.endsWith(ending)).map((key) => key.slice(0, -ending.length)).sort();
    // An address source and a file reason are named `other` too: they are no plurals.
    const plurals = base('.other').filter((key) => !['file-reason', 'home.ready'].includes(key));
    expect(base('.one')).toEqual(plurals);
  });

  test('keeps French typography: narrow spaces, curly apostrophes', () => {
    const wrong = Object.entries(french).filter(([, words]) => /[ \u00a0][;!?»:](?!\/\/)|« |'/.test(words));
    expect(wrong).toEqual([]);
  });

  test('keeps English typography: curly quotes', () => {
    expect(Object.entries(english).filter(([, words]) => /["']/.test(words))).toEqual([]);
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
      (key) => !key.startsWith('cli.') && !said(key.replace(/(\.else)+$/, '')) && !said(key.replace(/\.(one|other)$/, '')),
    );
    expect(silent).toEqual([]);
  });
});
