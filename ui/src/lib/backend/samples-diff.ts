// The difference that a change makes to a sample of OpenClaw's settings: enough to agree with what is said of it.

import type { SettingsState } from './types/SettingsState';
import type { UseRequest } from './types/UseRequest';

/** A stretch of the file, before and after. */
type Stretch = readonly [before: readonly string[], after: readonly string[]];

const kept = (...lines: string[]): Stretch => [lines, lines];

/** The entry of Ollama with these models; `null`: OpenClaw finds them by itself. */
function listed(ids: readonly string[] | null): string[] {
  return ids === null ? [] : ['        models: [', ...ids.map((id) => `          { id: ${JSON.stringify(id)}, contextWindow: 40960 },`), '        ],'];
}

/** A unified diff of `path`; empty where nothing changes. */
function unified(path: string, stretches: readonly Stretch[]): string {
  let [before, after, differs] = [0, 0, false];
  const lines = stretches.flatMap(([old, now]) => {
    const same = old.filter((line, at) => now[at] === line && old.slice(0, at).every((one, index) => now[index] === one));
    before += old.length;
    after += now.length;
    differs ||= old.length !== same.length || now.length !== same.length;
    const rest = (all: readonly string[]) => all.slice(same.length);
    return [...same.map((line) => ` ${line}`), ...rest(old).map((line) => `-${line}`), ...rest(now).map((line) => `+${line}`)];
  });
  const name = path.split('/').at(-1);
  return differs ? `--- a/${name}\n+++ b/${name}\n@@ -3,${before} +3,${after} @@\n${lines.join('\n')}\n` : '';
}

/** What a request changes in the settings' own file; `after` is the list that it leads to. */
export function differenceOf(request: UseRequest, settings: SettingsState, after: readonly string[]): string {
  const before = settings.primary ?? 'anthropic/claude';
  const primary = (name: string) => `      model: { primary: ${JSON.stringify(name)} },`;
  const url = (address: string) => `        baseUrl: ${JSON.stringify(address)},`;
  const address = settings.baseUrl ?? 'http://127.0.0.1:11434';
  const head = ['  models: {', '    providers: {', '      ollama: {'];
  const rest = ['        apiKey: "ollama-local",', '        api: "ollama",'];
  const tail = ['      },', '    },', '  },'];
  const now = [url(request.address ?? address), ...rest];
  const list = listed(request.mode === 'automatic' ? null : after);
  const off = settings.mode === 'off';
  return unified(settings.file, [
    kept('  // my own notes stay here', '  agents: {', '    defaults: {'),
    [[primary(before)], [primary(request.primary === '' ? before : `ollama/${request.primary}`)]],
    kept('    },', '  },'),
    ...(off
      ? [[[], [...head, ...now, ...list, ...tail]] as const]
      : [kept(...head), [[url(address)], [url(request.address ?? address)]] as const, kept(...rest),
        [listed(settings.mode === 'automatic' ? null : settings.listed), list] as const, kept(...tail)]),
    kept('}'),
  ]);
}
