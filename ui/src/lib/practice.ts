// What practice mode can play. No words.

/** The situations that have words of their own; whatever else can be played has a code name alone. */
export const situations = [
  'new', 'stopped', 'hangs', 'other-program', 'no-models', 'chat-only', 'missing-model', 'cannot-act', 'no-choice',
  'wrong-address', 'wrong-key', 'damaged-settings', 'gateway-stopped',
] as const;

/** One of them. */
export type Situation = (typeof situations)[number];

/** Whether it has words of its own. */
export function isSituation(name: string): name is Situation {
  return (situations as readonly string[]).includes(name);
}
