// Numbers, sizes and times in the language that is shown.

import { language, t } from './words.svelte';

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

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

function scale(value: number): [(typeof sizes)[number], number] {
  const power = value < 1000 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(value) / 3));
  return [sizes[power] ?? 'byte', value / 1000 ** power];
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
  return units([hours, number(minutes % 60, { style: 'unit', unit: 'minute', unitDisplay: 'long' })]);
}

/** A length of time that was measured, in seconds: `0.4 seconds`, `12 seconds`, `2 min 5 sec`. */
export function stopwatch(seconds: number): string {
  const shown = seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  if (shown < 60) return number(shown, { style: 'unit', unit: 'second', unitDisplay: 'long', maximumFractionDigits: 1 });
  const minutes = number(Math.floor(shown / 60), { style: 'unit', unit: 'minute', unitDisplay: 'short' });
  if (shown % 60 === 0) return minutes;
  return units([minutes, number(shown % 60, { style: 'unit', unit: 'second', unitDisplay: 'short' })]);
}

/** Parts of one measure: `1 hour 30 minutes`. */
function units(parts: string[]): string {
  return new Intl.ListFormat(language(), { type: 'unit', style: 'narrow' }).format(parts);
}

/** A rate a second, with one digit after the point where that matters. */
export function rate(value: number): string {
  return number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** A whole number with the language's grouping. */
export function integer(value: number): string {
  return number(value, { maximumFractionDigits: 0 });
}

/** A share of 1 as whole percent. */
export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: 0 });
}

/** How far something is: a hundred only when it is over. */
export function progress(share: number): string {
  return percent(share < 1 ? Math.min(share, 0.99) : 1);
}

/** About how many words (Chinese: characters) that many tokens are in the language that is shown, to two digits. */
export function wordsOfTokens(tokens: number): string {
  return number(tokens * Number(t('language.words-per-token')), { maximumSignificantDigits: 2 });
}

/** A moment in milliseconds since 1970, as local date and time. */
export function moment(at: number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** A moment near to `now` (both in milliseconds since 1970): the time alone while it is the same day. */
export function timeOfDay(at: number, now: number): string {
  if (new Date(at).toDateString() !== new Date(now).toDateString()) return moment(at);
  return new Intl.DateTimeFormat(language(), { timeStyle: 'short' }).format(at);
}

/** A moment in milliseconds since 1970, as local time to the second. */
export function clockTime(at: number): string {
  return new Intl.DateTimeFormat(language(), { timeStyle: 'medium' }).format(at);
}

/** Making one takes far longer than using it, and a long list needs hundreds at once. */
const formats = new Map<string, Intl.NumberFormat>();

function number(value: number, options: Intl.NumberFormatOptions): string {
  const key = `${language()} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(language(), options);
  formats.set(key, format);
  return format.format(value);
}
