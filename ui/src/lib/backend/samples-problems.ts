// An example of each cause, with the ways out that Pincer has for it: for the page of problems in the user guide and
// for its pictures. Nothing of it is in the product.

import causes from '../../../../docs/causes.md?raw';
import type { Finding } from './types/Finding';
import type { Link } from './types/Link';
import type { Offer } from './types/Offer';
import type { Remedy } from './types/Remedy';
import type { Severity } from './types/Severity';

export type Code = Finding['code'];
export type Way = Remedy['id'];

/** The ways out of each cause, the best first, as the judge of `core/src/diagnosis` offers them in a common case. */
export const ways = {
  'engine.not-installed': ['install-ollama', 'get-ollama'],
  'engine.not-executable': ['allow-run'],
  'engine.not-running': ['start-ollama'],
  'engine.starting': [],
  'engine.silent': ['restart-ollama'],
  'engine.crash-looping': ['read-log', 'restart-ollama'],
  'engine.models-dir-permission': ['give-folder', 'start-ollama'],
  'engine.models-dir-missing': ['find-folder', 'start-ollama'],
  'engine.too-old': ['install-ollama', 'get-ollama'],
  'engine.update-pending': ['restart-ollama'],
  'engine.not-at-login': ['start-at-login'],
  'engine.busy': ['restart-ollama', 'set-timeout'],
  'engine.runner-missing': ['get-ollama'],
  'engine.cpu-unsupported': ['get-ollama'],
  'connection.other-program': ['move-ollama', 'close-program'],
  'connection.path-wrong': ['use-address'],
  'connection.http-on-https': ['use-address', 'edit-file'],
  'connection.listening-elsewhere': ['use-address'],
  'connection.proxy-intercepts': ['bypass-proxy'],
  'connection.localhost-is-ipv6': ['use-address'],
  'connection.wildcard-address': ['use-address'],
  'connection.port-missing': ['use-address', 'edit-file'],
  'connection.port-invalid': ['use-address', 'edit-file'],
  'connection.port-reserved': ['free-reserved-port'],
  'connection.reset': ['use-address', 'let-through'],
  'connection.https-on-http': ['use-address', 'edit-file'],
  'connection.forbidden': ['use-address', 'allow-host'],
  'connection.unreachable': ['use-address', 'serve-network'],
  'connection.name-unknown': ['use-address', 'edit-file'],
  'connection.refused-remote': ['use-address', 'serve-network'],
  'connection.failed': ['use-address'],
  'models.none-installed': ['download-model'],
  'models.none-with-tools': ['download-model'],
  'models.calls-as-text': ['use-model'],
  'models.no-call': ['use-model'],
  'models.cloud-sign-in': ['sign-in', 'use-model'],
  'models.context-too-small': ['set-context'],
  'models.does-not-fit': ['use-model'],
  'models.on-cpu': ['use-model', 'set-context', 'keep-loaded', 'download-model', 'choose-model'],
  'models.weak-for-agents': ['use-model'],
  'models.second-store': ['use-store'],
  'models.capabilities-unknown': ['get-ollama', 'choose-model'],
  'settings.unreadable': ['edit-file'],
  'settings.ollama-off': ['use-model'],
  'settings.no-primary': ['use-model'],
  'settings.fallback-key': ['rename-fallback'],
  'settings.model-not-installed': ['download-model', 'use-model'],
  'settings.list-empty': ['repair-settings'],
  'settings.key-alone': ['use-model'],
  'settings.key-not-seen': ['write-key'],
  'settings.discovery-off': ['add-models'],
  'settings.model-without-tools': ['use-model'],
  'settings.bare-model-name': ['repair-settings'],
  'settings.fallback-is-online': ['local-only'],
  'settings.base-url-v1': ['repair-settings'],
  'settings.base-url-wrong': ['use-address'],
  'settings.base-url-no-scheme': ['use-address'],
  'settings.api-unsupported': ['repair-settings'],
  'settings.not-allowed': ['repair-settings'],
  'settings.env-missing': ['repair-settings'],
  'settings.context-not-sent': ['repair-settings'],
  'settings.context-too-large': ['set-context', 'use-model'],
  'settings.gives-up-too-early': ['set-timeout', 'use-model', 'keep-loaded'],
  'settings.stale-agent-file': ['repair-settings'],
  'openclaw.not-installed': ['install-openclaw', 'get-openclaw', 'use-model'],
  'openclaw.elsewhere': ['configure-elsewhere'],
  'openclaw.node-too-old': ['update-node'],
  'openclaw.gateway-mode-unset': ['set-gateway-mode'],
  'openclaw.gateway-stopped': ['start-gateway'],
  'openclaw.gateway-did-not-start': ['start-gateway'],
  'openclaw.gateway-no-token': ['set-gateway-token'],
  'openclaw.gateway-not-at-login': ['gateway-at-login'],
  'openclaw.gateway-port-taken': ['edit-file', 'close-program'],
  'openclaw.does-not-see-model': ['use-model'],
  'openclaw.rejects-settings': ['undo-change', 'edit-file'],
} as const satisfies Record<Code, readonly Way[]>;

/** What it offers in place of one of these, or before them, where the computer is another. */
export const otherwise: Partial<Record<Code, readonly Way[]>> = {
  'engine.silent': ['use-address'],
  'engine.models-dir-permission': ['restart-ollama'],
  'engine.models-dir-missing': ['restart-ollama'],
  'engine.too-old': ['restart-ollama'],
  'connection.other-program': ['use-address'],
  'connection.http-on-https': ['correct-variable'],
  'connection.port-missing': ['correct-variable'],
  'connection.port-invalid': ['correct-variable'],
  'connection.https-on-http': ['correct-variable'],
  'connection.name-unknown': ['correct-variable'],
  'models.none-installed': ['choose-model'],
  'models.none-with-tools': ['choose-model'],
  'models.calls-as-text': ['choose-model'],
  'models.no-call': ['choose-model'],
  'models.cloud-sign-in': ['choose-model'],
  'models.context-too-small': ['use-model', 'download-model', 'choose-model'],
  'models.does-not-fit': ['download-model', 'choose-model'],
  'models.weak-for-agents': ['download-model', 'choose-model'],
  'settings.ollama-off': ['choose-model'],
  'settings.no-primary': ['choose-model'],
  'settings.key-alone': ['choose-model'],
  'settings.model-not-installed': ['choose-model'],
  'settings.model-without-tools': ['choose-model', 'drop-fallback'],
  'settings.env-missing': ['write-key', 'edit-file', 'use-address'],
  'settings.context-too-large': ['download-model', 'choose-model'],
};

/** The command that the judge gives with what only a person can do, on Linux; `null` where there is none. */
export function commandOf(way: Way, code: Code): string[] | null {
  const of = (name: string) => special[code]?.[name] ?? examples[name] ?? '';
  switch (way) {
    case 'read-log': return ['journalctl', '-u', 'ollama', '-n', '50', '--no-pager'];
    case 'allow-run': return ['chmod', '+x', of('path')];
    case 'give-folder': return ['sudo', 'chown', '-R', `${of('user')}:${of('user')}`, of('folder')];
    case 'close-program': return ['kill', of('pid')];
    case 'bypass-proxy': return ['export', 'NO_PROXY=127.0.0.1,localhost'];
    case 'correct-variable': return ['nano', `+${of('line')}`, of('place')];
    case 'serve-network': return ['env', `OLLAMA_HOST=0.0.0.0:${of('port')}`, 'ollama', 'serve'];
    case 'allow-host': return ['env', 'OLLAMA_ORIGINS=*', 'ollama', 'serve'];
    case 'sign-in': return ['ollama', 'signin'];
    default: return null;
  }
}

/** What only a person can do, and the words for how. */
export const byHand: Partial<Record<Way, string>> = {
  'read-log': 'remedy.read-log.how',
  'allow-run': 'remedy.allow-run.how',
  'give-folder': 'remedy.give-folder.how',
  'find-folder': 'remedy.find-folder.how',
  'use-store': 'remedy.use-store.how',
  'close-program': 'remedy.close-program.how',
  'bypass-proxy': 'remedy.bypass-proxy.how',
  'correct-variable': 'remedy.correct-variable.how.file',
  'serve-network': 'remedy.serve-network.how',
  'let-through': 'remedy.let-through.how',
  'allow-host': 'remedy.allow-host.how',
  'free-reserved-port': 'remedy.free-reserved-port.how',
  'sign-in': 'remedy.sign-in.how',
  'edit-file': 'remedy.edit-file.how',
  'update-node': 'remedy.update-node.how',
  'configure-elsewhere': 'remedy.configure-elsewhere.how.bridge',
};

/** What stands for the names and numbers of the reader's own computer. */
export const examples: Record<string, string> = {
  url: 'http://127.0.0.1:11434', answersAt: 'http://127.0.0.1:11435', plain: 'http://127.0.0.1:11434',
  numeric: 'http://127.0.0.1:11434', written: 'http://127.0.0.1', meant: 'http://127.0.0.1:11434', port: '11434',
  host: 'living-room', program: 'nginx', pid: '4711', user: 'ollama', variable: 'OLLAMA_HOST', place: '/home/ada/.profile', line: '12', column: '5',
  folder: '/mnt/models', path: '~/.openclaw/openclaw.json', log: 'journalctl -u ollama',
  reason: 'Error: listen tcp 127.0.0.1:11434: bind: address already in use', seconds: '20', restarts: '5',
  name: 'qwen3:8b', names: 'qwen3:8b, gemma4', better: 'qwen3.5', tokens: '32768', fits: '32768', version: '0.5.7', installed: '0.32.15',
  running: '0.32.14', required: '>=24.16', key: 'gateway.bind', message: 'Invalid input', container: 'openclaw', distribution: 'Ubuntu',
  limit: '300', remote: 'living-room:18789',
  text: '{ models: { providers: { ollama: { baseUrl: "http://172.17.0.1:11434", api: "ollama", apiKey: "ollama-local" } } } }',
};

/** Where the common example would say something odd. */
export const special: Partial<Record<Code, Record<string, string>>> = {
  'connection.proxy-intercepts': { variable: 'HTTP_PROXY' },
  'connection.wildcard-address': { url: 'http://0.0.0.0:11434' },
  'connection.localhost-is-ipv6': { url: 'http://localhost:11434', answersAt: 'http://[::1]:11434' },
  'connection.https-on-http': { url: 'https://127.0.0.1:11434' },
  'connection.port-invalid': { written: 'http://127.0.0.1:114340' },
  'engine.not-executable': { path: '/usr/local/bin/ollama' },
  'connection.path-wrong': { url: 'http://127.0.0.1:11434/api', answersAt: 'http://127.0.0.1:11434' },
  'connection.http-on-https': { url: 'http://living-room:11434', meant: 'https://living-room:11434' },
  'settings.base-url-no-scheme': { url: '127.0.0.1:11434' },
  'connection.forbidden': { url: 'http://living-room:11434' },
  'connection.unreachable': { url: 'http://192.168.1.20:11434' },
  'connection.refused-remote': { url: 'http://192.168.1.20:11434' },
  'connection.name-unknown': { url: 'http://living-room:11434' },
  'engine.silent': { seconds: '90' },
  'models.context-too-small': { tokens: '4096' },
  'models.calls-as-text': { name: 'mistral' },
  'models.no-call': { name: 'mistral' },
  'models.does-not-fit': { name: 'qwen3.5:27b' },
  'models.on-cpu': { name: 'qwen3.5:27b' },
  'models.weak-for-agents': { name: 'mistral' },
  'models.cloud-sign-in': { name: 'gpt-oss:120b-cloud' },
  'settings.model-without-tools': { name: 'gemma2:2b' },
  'settings.fallback-is-online': { name: 'openai/gpt-5' },
  'settings.base-url-v1': { url: 'http://127.0.0.1:11434/v1' },
  'settings.base-url-wrong': { url: 'http://127.0.0.1:9999', answersAt: 'http://127.0.0.1:11434' },
  'settings.api-unsupported': { version: '2026.2.3', key: 'models.providers.ollama.api' },
  'settings.model-not-installed': { name: 'llama3.1:8b' },
  'settings.unreadable': { text: '      maxTokens: 8192 * 10' },
  'settings.context-too-large': { tokens: '131072' },
  'settings.env-missing': { variable: 'OLLAMA_API_KEY' },
  'settings.stale-agent-file': { path: '~/.openclaw/agents/main/agent/models.json', url: 'http://127.0.0.1:9999' },
  'openclaw.node-too-old': { version: '20.11' },
  'settings.gives-up-too-early': { seconds: '480' },
  'openclaw.gateway-stopped': { port: '18789' },
  'openclaw.gateway-did-not-start': { port: '18789' },
  'openclaw.gateway-no-token': { bind: 'lan' },
  'openclaw.gateway-port-taken': { port: '18789' },
};

/** Causes about the usual address, so that another one is the way out. */
const atDefault: readonly Code[] = [
  'engine.silent', 'connection.other-program', 'connection.listening-elsewhere', 'connection.reset', 'connection.failed',
];

/** What a way out is about, where that is not what its cause is about. */
export function offered(way: Way, code: Code): Record<string, string> {
  const cause = special[code] ?? {};
  switch (way) {
    case 'use-address': return { url: cause['answersAt'] ?? examples[atDefault.includes(code) ? 'answersAt' : 'numeric'] ?? '' };
    case 'use-model': return { name: code === 'openclaw.does-not-see-model' ? examples['name'] ?? '' : examples['better'] ?? '' };
    case 'download-model': return code === 'settings.model-not-installed' ? {} : { name: 'qwen3.5:4b' };
    case 'set-timeout': return { seconds: '720' };
    case 'set-context': return { tokens: examples['tokens'] ?? '' };
    default: return {};
  }
}

/** A cause as `docs/causes.md` lists it. */
export interface Listed {
  code: Code;
  link: Link;
  severity: Severity;
}

/** The list of causes, in its order. */
export function listed(): Listed[] {
  const severities: Record<string, Severity> = { P: 'problem', W: 'warning', n: 'note' };
  return [...causes.matchAll(/^\| `([a-z-]+)\.([a-z0-9-]+)` \| (P|W|note)/gm)].map(([, link, name, letter]) => ({
    code: `${link}.${name}` as Code, link: link as Link, severity: severities[letter![0]!]!,
  }));
}

/** Parameters that choose between sentences, as the common case has them. */
const chosen: Record<string, unknown> = { way: 'service', kind: 'file', source: 'settings', remote: null };

/** A cause as the window gets it, with the guide's own examples. */
export function problemOf({ code, link, severity }: Listed): Finding {
  const numbers = (all: Record<string, string>) =>
    Object.fromEntries(Object.entries(all).map(([name, text]) => [name, ['tokens', 'fits'].includes(name) ? Number(text) : text]));
  const params = { ...numbers({ ...examples, ...special[code] }), ...chosen, names: (examples['names'] ?? '').split(', ') };
  const remedies = ways[code].map((id: Way) => ({
    id,
    kind: byHand[id] ? 'manual' : id.startsWith('get-') ? 'link' : 'action',
    params: { ...params, ...numbers(offered(id, code)), ...(id === 'configure-elsewhere' ? { way: 'bridge' } : {}) },
    ...(commandOf(id, code) ? { command: commandOf(id, code) } : {}),
  })) as Offer[];
  return { code, link, severity, params, evidence: [], remedies } as unknown as Finding;
}
