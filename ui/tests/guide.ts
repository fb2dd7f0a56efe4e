// The guide's page of problems, made of the words of the catalogue and the list of causes: it cannot say what the
// window does not. Written into `docs/guide` by `npm run guide`; `guide.test.ts` fails when it is out of date.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import en from '../messages/en.json';
import fr from '../messages/fr.json';
import type { Finding } from '../src/lib/backend/types/Finding';
import type { Link } from '../src/lib/backend/types/Link';
import type { Remedy } from '../src/lib/backend/types/Remedy';
import type { Severity } from '../src/lib/backend/types/Severity';

export type Code = Finding['code'];
export type GuideLanguage = 'en' | 'fr';
type Way = Remedy['id'];

/** A path of the project, by its path from the root. */
export const at = (path: string): string => join(dirname(fileURLToPath(import.meta.url)), '../..', path);

const catalogue: Record<GuideLanguage, Record<string, string>> = { en, fr };

/** The ways out of each cause, the best first, as the judge of `core/src/diagnosis` offers them. */
export const ways = {
  'engine.not-installed': ['install-ollama', 'get-ollama'],
  'engine.not-executable': ['allow-run'],
  'engine.not-running': ['start-ollama'],
  'engine.starting': [],
  'engine.silent': ['restart-ollama', 'use-address'],
  'engine.crash-looping': ['read-log', 'restart-ollama'],
  'engine.models-dir-permission': ['give-folder', 'start-ollama'],
  'engine.models-dir-missing': ['find-folder', 'start-ollama'],
  'engine.too-old': ['restart-ollama', 'install-ollama', 'get-ollama'],
  'engine.update-pending': ['restart-ollama'],
  'engine.not-at-login': ['start-at-login'],
  'engine.busy': ['restart-ollama', 'set-timeout'],
  'engine.runner-missing': ['get-ollama'],
  'engine.cpu-unsupported': ['get-ollama'],
  'connection.other-program': ['use-address', 'move-ollama', 'close-program'],
  'connection.path-wrong': ['use-address'],
  'connection.http-on-https': ['use-address', 'correct-variable', 'edit-file'],
  'connection.listening-elsewhere': ['use-address'],
  'connection.proxy-intercepts': ['bypass-proxy'],
  'connection.localhost-is-ipv6': ['use-address'],
  'connection.wildcard-address': ['use-address'],
  'connection.port-missing': ['use-address', 'correct-variable', 'edit-file'],
  'connection.port-invalid': ['use-address', 'correct-variable', 'edit-file'],
  'connection.port-reserved': ['free-reserved-port'],
  'connection.reset': ['use-address', 'let-through'],
  'connection.https-on-http': ['use-address', 'correct-variable', 'edit-file'],
  'connection.forbidden': ['use-address', 'allow-host'],
  'connection.unreachable': ['use-address', 'serve-network'],
  'connection.name-unknown': ['use-address', 'correct-variable', 'edit-file'],
  'connection.refused-remote': ['use-address', 'serve-network'],
  'connection.failed': ['use-address'],
  'models.none-installed': ['download-model', 'choose-model'],
  'models.none-with-tools': ['download-model', 'choose-model'],
  'models.calls-as-text': ['use-model', 'choose-model'],
  'models.no-call': ['use-model', 'choose-model'],
  'models.cloud-sign-in': ['sign-in', 'use-model', 'choose-model'],
  'models.context-too-small': ['set-context', 'use-model', 'download-model'],
  'models.does-not-fit': ['use-model', 'download-model', 'choose-model'],
  'models.on-cpu': ['set-context', 'use-model', 'keep-loaded', 'choose-model'],
  'models.weak-for-agents': ['use-model', 'download-model', 'choose-model'],
  'models.second-store': ['use-store'],
  'models.capabilities-unknown': ['get-ollama', 'choose-model'],
  'settings.unreadable': ['edit-file'],
  'settings.ollama-off': ['use-model', 'choose-model'],
  'settings.no-primary': ['use-model', 'choose-model'],
  'settings.fallback-key': ['rename-fallback'],
  'settings.model-not-installed': ['download-model', 'use-model', 'choose-model'],
  'settings.list-empty': ['repair-settings'],
  'settings.key-alone': ['use-model', 'choose-model'],
  'settings.key-not-seen': ['write-key'],
  'settings.discovery-off': ['add-models'],
  'settings.model-without-tools': ['use-model', 'choose-model', 'drop-fallback'],
  'settings.bare-model-name': ['repair-settings'],
  'settings.fallback-is-online': ['local-only'],
  'settings.base-url-v1': ['repair-settings'],
  'settings.base-url-wrong': ['use-address'],
  'settings.base-url-no-scheme': ['use-address'],
  'settings.api-unsupported': ['repair-settings'],
  'settings.not-allowed': ['repair-settings'],
  'settings.env-missing': ['repair-settings', 'write-key', 'use-address', 'edit-file'],
  'settings.context-not-sent': ['repair-settings'],
  'settings.context-too-large': ['set-context', 'use-model', 'download-model'],
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

/** What only a person can do, and the words for how. */
const byHand: Partial<Record<Way, string>> = {
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
const examples: Record<string, string> = {
  url: 'http://127.0.0.1:11434', answersAt: 'http://127.0.0.1:11435', plain: 'http://127.0.0.1:11434',
  numeric: 'http://127.0.0.1:11434', written: 'http://127.0.0.1', meant: 'http://127.0.0.1:11434', port: '11434',
  host: 'living-room', program: 'nginx', pid: '4711', user: 'ollama', variable: 'OLLAMA_HOST', place: '~/.profile', line: '12', column: '5',
  folder: '/mnt/models', path: '~/.openclaw/openclaw.json', log: 'journalctl -u ollama',
  reason: 'Error: listen tcp 127.0.0.1:11434: bind: address already in use', seconds: '20', restarts: '5',
  name: 'qwen3:8b', names: 'qwen3:8b, gemma4', better: 'qwen3.5', tokens: '32768', fits: '32768', version: '0.5.7', installed: '0.32.15',
  running: '0.32.14', required: '>=24.16', key: 'gateway.bind', message: 'Invalid input', container: 'openclaw', distribution: 'Ubuntu',
  limit: '300', remote: 'living-room:18789',
  text: '{ models: { providers: { ollama: { baseUrl: "http://172.17.0.1:11434", api: "ollama", apiKey: "ollama-local" } } } }',
};

/** Where the common example would say something odd. */
const special: Partial<Record<Code, Record<string, string>>> = {
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

/** Where the usual title is another one than the first. */
const titles: Partial<Record<Code, string>> = { 'openclaw.elsewhere': 'title.else' };
/** The same of the reason. */
const whys: Partial<Record<Code, string>> = { 'openclaw.not-installed': 'why.else' };

/** Causes about the usual address, so that another one is the way out. */
const atDefault: readonly Code[] = [
  'engine.silent', 'connection.other-program', 'connection.listening-elsewhere', 'connection.reset', 'connection.failed',
];

/** What a way out is about, where that is not what its cause is about. */
function offered(way: Way, code: Code): Record<string, string> {
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

/** The picture of each station's section, made by `cargo xtask screenshots`. */
const pictures: Record<Link, string> = {
  engine: 'home', connection: 'fix', models: 'models', settings: 'settings', openclaw: 'fix',
};

const frame: Record<GuideLanguage, { title: string; intro: string[]; severities: Record<Severity, string>; press: string; hand: string }> = {
  en: {
    title: 'Problems that Pincer names',
    intro: [
      'Each heading is the sentence that Pincer shows. Names and numbers are examples: yours stand in their place. Below it are the ways out, the best first; Pincer offers those that fit your computer. Where Pincer has a button for it, **the button’s words are printed like this**; what it would change is always shown first. Where the text says “paste this”, Pincer shows the command beside it, ready to copy.',
      'Is the error that you saw not here? Paste it into *Fix a problem*: any part of it will do. In the terminal, `pincer doctor` names the same causes.',
    ],
    severities: {
      problem: 'Problem: OpenClaw cannot work with Ollama like this.',
      warning: 'Warning: it works, badly or not for long.',
      note: 'Note: good to know.',
    },
    press: 'Press', hand: 'By hand',
  },
  fr: {
    title: 'Les problèmes que Pincer nomme',
    intro: [
      'Chaque titre est la phrase que Pincer affiche. Les noms et les nombres sont des exemples\u202f: les vôtres prennent leur place. Dessous viennent les solutions, la meilleure d’abord\u202f; Pincer propose celles qui conviennent à votre ordinateur. Quand Pincer a un bouton pour cela, **le texte du bouton est écrit ainsi**\u202f; ce qu’il changerait est toujours montré d’abord. Quand le texte dit «\u202fcollez ceci\u202f», Pincer affiche la commande à côté, prête à copier.',
      'L’erreur que vous avez vue n’est pas ici\u202f? Collez-la dans *Résoudre un problème*\u202f: un morceau suffit. Dans le terminal, `pincer doctor` nomme les mêmes causes.',
    ],
    severities: {
      problem: 'Problème\u202f: OpenClaw ne peut pas travailler ainsi avec Ollama.',
      warning: 'Attention\u202f: cela marche, mal ou pas pour longtemps.',
      note: 'Remarque\u202f: bon à savoir.',
    },
    press: 'Appuyez sur', hand: 'À la main',
  },
};

/** A cause as `docs/causes.md` lists it. */
export interface Listed {
  code: Code;
  link: Link;
  severity: Severity;
}

/** The list of causes, in its order. */
export function listed(): Listed[] {
  const text = readFileSync(at('docs/causes.md'), 'utf8');
  const severities: Record<string, Severity> = { P: 'problem', W: 'warning', n: 'note' };
  return [...text.matchAll(/^\| `([a-z-]+)\.([a-z0-9-]+)` \| (P|W|note)/gm)].map(([, link, name, letter]) => ({
    code: `${link}.${name}` as Code, link: link as Link, severity: severities[letter![0]!]!,
  }));
}

/** The words of a key, with examples for what is filled in. */
function say(language: GuideLanguage, key: string, code: Code, own: Record<string, string> = {}): string {
  const words = catalogue[language];
  const text = words[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  const source = words['address-source.settings'] ?? '';
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const example = name === 'source' ? source : (own[name] ?? special[code]?.[name] ?? examples[name]);
    if (example === undefined) throw new Error(`${key} needs an example for {${name}}`);
    return name === 'tokens' || name === 'fits' ? Number(example).toLocaleString(language) : example;
  });
}

/** One way out, as a line of a list. */
function wayOut(language: GuideLanguage, way: Way, code: Code): string {
  const label = say(language, `remedy.${way}`, code, offered(way, code));
  const how = byHand[way];
  const { press, hand } = frame[language];
  const colon = language === 'fr' ? '\u202f:' : ':';
  return how ? `- ${hand}${colon} *${label}.* ${say(language, how, code)}` : `- ${press} **${label}**.`;
}

/** The whole page. */
export function problems(language: GuideLanguage): string {
  const words = catalogue[language];
  const { title, intro, severities } = frame[language];
  const out = ['<!-- Made by `npm run guide` in ui from ui/messages and docs/causes.md: change those. -->', '', `# ${title}`, ''];
  for (const paragraph of intro) out.push(paragraph, '');
  let station: Link | null = null;
  for (const { code, link, severity } of listed()) {
    if (link !== station) {
      const name = words[`link.${link}.name`] ?? '';
      out.push(`## ${name}`, '', `![${name}](../../screenshots/${language}/${pictures[link]}-light.png)`, '');
      station = link;
    }
    out.push(`<a id="${code}"></a>`, '', `### ${say(language, `finding.${code}.${titles[code] ?? 'title'}`, code)}`, '');
    out.push(say(language, `finding.${code}.${whys[code] ?? 'why'}`, code), '', `*${severities[severity]}*`, '');
    const lines = ways[code].map((way) => wayOut(language, way, code));
    if (lines.length > 0) out.push(...lines, '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}
