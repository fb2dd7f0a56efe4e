// Each language is written as its own typesetters write it.

import { expect, test } from 'vitest';
import en from '../messages/en.json';
import fr from '../messages/fr.json';
import zh from '../messages/zh-CN.json';

/** The keys of what a rule finds, with what it found. */
function against(words: Record<string, string>, rule: RegExp): string[] {
  return Object.entries(words).filter(([, text]) => rule.test(text)).map(([key, text]) => `${key}: ${text}`);
}

test('English: curly quotes and apostrophes', () => {
  expect(against(en, /["']/)).toEqual([]);
});

test.each<[string, RegExp, string, string]>([
  ['a narrow space before ; ! ? »', /(?<!\u202f)[;!?»]/, 'Pourquoi ?', 'Pourquoi\u202f?'],
  ['a narrow space before a colon of the sentence', /(?<!\u202f):(?=\s|$)/, 'Ainsi : rien', 'Ainsi\u202f: http://a'],
  ['a narrow space after «', /«(?!\u202f)/, '« oui', '«\u202foui'],
  ['no wider space where a narrow one stands', /\u202f\s|\s\u202f|\u00a0/, 'a\u00a0b', 'a\u202f: b'],
  ['curly apostrophes and no English quotes', /['"“”]/, "l'un", 'l’un'],
  ['a narrow space between groups of digits', /\d \d{3}/, '16 000', '16\u202f000'],
  ['a narrow space between a number and the unit', /\d (?:[kMGT]?o|octets|%|s|h|min)(?![\p{L}\d])/u, '2 Go', '2\u202fGo'],
])('French: %s', (_, rule, wrong, right) => {
  expect([rule.test(wrong), rule.test(right)]).toEqual([true, false]);
  expect(against(fr, rule)).toEqual([]);
});

test.each<[string, RegExp, string, string]>([
  ['full-width marks after Chinese', /[\p{sc=Han}”）][,.;:!?]/u, '好,走', '好，走'],
  ['full-width marks before Chinese', /[,;:!?]\s?[\p{sc=Han}“（]/u, 'Pincer, 好', 'Pincer，好'],
  ['full-width parentheses around Chinese', /[\p{sc=Han}]\s?\(|\)\s?\p{sc=Han}|\([^)]*\p{sc=Han}/u, '好 (是)', '好（是）'],
  ['Chinese quotes', /["'「」]/, '"好"', '“好”'],
  ['a space between Chinese and Latin letters or digits', /\p{sc=Han}[A-Za-z0-9]|[A-Za-z0-9%]\p{sc=Han}/u, '用Ollama', '用 Ollama'],
  // A length of time is Chinese itself.
  ['a space between Chinese and what is filled in', /\p{sc=Han}\{(?!time)|(?<!\{time)\}\p{sc=Han}/u, '用{name}', '约 {name} 字'],
  ['no space beside a full-width mark', /[，。：；？！、（）“”]\s|\s[，。：；？！、（）“”]/u, '好， 走', '好，走'],
])('Chinese: %s', (_, rule, wrong, right) => {
  expect([rule.test(wrong), rule.test(right)]).toEqual([true, false]);
  expect(against(zh, rule)).toEqual([]);
});
