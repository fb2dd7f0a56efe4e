// Numbers, sizes and times in the language that is shown.

import { language, t } from './words.svelte';

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A size in bytes by decimal units, as file managers and Ollama's library write it: `5.2 GB`. */
export function bytes(value: number): string {
  const [unit, scaled] = scale(value);
  return number(scaled, { style: 'unit', unit, maximumFractionDigits: digits(unit, scaled) });
}

/** A speed in bytes a second: `12 MB/s`. */
export function speed(value: number): string {
  const [unit, scaled] = scale(value);
  return number(scaled, { style: 'unit', unit: `${unit}-per-second`, maximumFractionDigits: digits(unit, scaled) });
}

function scale(value: number): [(typeof units)[number], number] {
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return [units[power] ?? 'byte', value / 1000 ** power];
}

function digits(unit: string, scaled: number): number {
  return unit === 'byte' || scaled >= 100 ? 0 : 1;
}

/** A length of time in seconds, as coarse as people say it. */
export function duration(seconds: number): string {
  if (seconds < 60) return t('pull.less-than-minute');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return number(minutes, { style: 'unit', unit: 'minute', unitDisplay: 'long' });
  const hours = number(Math.floor(minutes / 60), { style: 'unit', unit: 'hour', unitDisplay: 'long' });
  if (minutes % 60 === 0) return hours;
  return `${hours} ${number(minutes % 60, { style: 'unit', unit: 'minute', unitDisplay: 'long' })}`;
}

/** A whole number with the language's grouping. */
export function integer(value: number): string {
  return number(value, { maximumFractionDigits: 0 });
}

/** A share of 1 as whole percent. */
export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: 0 });
}

/** About how many words that many tokens are (English: 3 words for 4 tokens), to two digits. */
export function wordsOfTokens(tokens: number): string {
  return number(tokens * 0.75, { maximumSignificantDigits: 2 });
}

/** A moment in milliseconds since 1970, as local date and time. */
export function moment(at: number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** A language's own name: `français`. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
}

function number(value: number, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(language(), options).format(value);
}
