// The guide's page of problems, made of the words of the catalogue and the list of causes: it cannot say what the
// window does not. Written into `docs/guide` by `npm run guide`; `guide.test.ts` fails when it is out of date.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import en from '../messages/en.json';
import fr from '../messages/fr.json';
import { byHand, commandOf, examples, listed, offered, otherwise, special, ways, type Code, type Way } from '../src/lib/backend/samples-problems';
import { commandLine } from '../src/lib/words/command';
import type { Link } from '../src/lib/backend/types/Link';
import type { Severity } from '../src/lib/backend/types/Severity';

export type GuideLanguage = 'en' | 'fr';

/** A path of the project, by its path from the root. */
export const at = (path: string): string => join(dirname(fileURLToPath(import.meta.url)), '../..', path);

const catalogue: Record<GuideLanguage, Record<string, string>> = { en, fr };

/** Where the usual title is another one than the first. */
const titles: Partial<Record<Code, string>> = { 'openclaw.elsewhere': 'title.else' };
/** The same of the reason. */
const whys: Partial<Record<Code, string>> = { 'openclaw.not-installed': 'why.else' };

const frame: Record<GuideLanguage, { title: string; intro: string[]; severities: Record<Severity, string>; press: string; hand: string; otherwise: string }> = {
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
    press: 'Press', hand: 'By hand', otherwise: 'In another case:',
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
    press: 'Appuyez sur', hand: 'À la main', otherwise: 'Dans un autre cas\u202f:',
  },
};

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
  if (!how) return `- ${press} **${label}**.`;
  const said = `- ${hand}${colon} *${label}.* ${say(language, how, code)}`;
  const block = (kind: string, line: string) => ['', `  \`\`\`${kind}`, `  ${line}`, '  ```'];
  const text = examples['text'] ?? '';
  if (way === 'configure-elsewhere') {
    const [before = '', after = ''] = said.split(text);
    return [before.trim(), ...block('json5', text), '', `  ${after.trim()}`].join('\n');
  }
  const command = commandOf(way, code);
  return [said, ...(command ? block('sh', commandLine(command)) : [])].join('\n');
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
      out.push(`## ${name}`, '');
      station = link;
    }
    const heading = say(language, `finding.${code}.${titles[code] ?? 'title'}`, code);
    out.push(`<a id="${code}"></a>`, '', `### ${heading}`, '');
    out.push(`![${heading}](../../screenshots/${language}/problems/${code}.png)`, '');
    out.push(say(language, `finding.${code}.${whys[code] ?? 'why'}`, code), '', `*${severities[severity]}*`, '');
    const lines = (some: readonly Way[]) => some.map((way) => wayOut(language, way, code));
    if (ways[code].length > 0) out.push(...lines(ways[code]), '');
    const rest = otherwise[code] ?? [];
    if (rest.length > 0) out.push(frame[language].otherwise, '', ...lines(rest), '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}
