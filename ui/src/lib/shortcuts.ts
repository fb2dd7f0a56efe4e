// The keys that do something on every screen, as Windows and Linux have them; on macOS with the Command key.

import { screens, type Screen } from './state/route.svelte';

/** What a key does. */
export type Does = { go: Screen } | 'look' | 'help' | 'quit';

/** The keys by what they do, as Help lists them. */
export const keys = ['screens', 'preferences', 'look', 'help', 'quit'] as const;

/** Whether this is a Mac, which has another key for shortcuts. */
export const isMac = (): boolean => /mac/i.test(navigator.platform);

/** How the keyboard names them. */
export function keysOf(key: (typeof keys)[number], mac: boolean): string {
  const with_ = (last: string) => (mac ? `⌘${last}` : `Ctrl+${last}`);
  switch (key) {
    case 'screens': return `${with_('1')} – ${with_(String(screens.length))}`;
    case 'preferences': return with_(',');
    case 'look': return with_('R');
    case 'help': return 'F1';
    case 'quit': return with_('Q');
  }
}

/** What a pressed key does; `null`: nothing of ours. */
export function shortcut(event: KeyboardEvent, mac: boolean): Does | null {
  const { altKey, shiftKey, ctrlKey, metaKey } = event;
  if (event.key === 'F1' && !altKey && !shiftKey && !ctrlKey && !metaKey) return 'help';
  const held = mac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!held || altKey || shiftKey) return null;
  // By its place: on a French keyboard the row of digits writes letters.
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  const screen = digit === undefined ? undefined : screens[Number(digit) - 1];
  if (screen !== undefined) return { go: screen };
  switch (event.key.toLowerCase()) {
    case ',': return { go: 'preferences' };
    case 'r': return 'look';
    case 'q': return 'quit';
    default: return null;
  }
}
