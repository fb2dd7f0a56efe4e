// No component says anything that is not in the catalogue.

import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

const components = import.meta.glob('../src/**/*.svelte', { query: '?raw', import: 'default', eager: true });
const spoken = ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'label'];

interface Node {
  type: string;
  name?: string;
  data?: string;
  value?: unknown;
  raw?: string;
  expression?: unknown;
  [key: string]: unknown;
}

/** Texts with letters in a component's template. */
function literals(source: string): string[] {
  const found: string[] = [];
  const keep = (text: string) => {
    if (/\p{L}/u.test(text)) found.push(text.trim());
  };
  const walk = (value: unknown, speaking: boolean): void => {
    if (Array.isArray(value)) return value.forEach((one) => walk(one, speaking));
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (node.type === 'CallExpression') return walk(node['arguments'], false);
    if (node.type === 'Attribute') return walk(node.value, spoken.includes(node.name ?? ''));
    if (node.type === 'Text' && speaking) keep(node.data ?? '');
    if (node.type === 'ExpressionTag') return expression(node.expression, speaking);
    for (const key of ['nodes', 'fragment', 'consequent', 'alternate', 'body', 'fallback', 'attributes', 'children']) {
      walk(node[key], key === 'attributes' ? false : true);
    }
  };
  // In `{...}`: a string that is shown itself, also as a branch; not one given to a function or compared.
  const expression = (value: unknown, speaking: boolean): void => {
    const node = value as Node;
    if (!speaking) return;
    if (node.type === 'Literal' && typeof node.value === 'string') keep(node.value);
    if (node.type === 'TemplateLiteral') {
      for (const quasi of node['quasis'] as { value: { raw: string } }[]) keep(quasi.value.raw);
    }
    if (node.type === 'ConditionalExpression') {
      expression(node['consequent'], true);
      expression(node['alternate'], true);
    }
    if (node.type === 'LogicalExpression' || node.type === 'BinaryExpression') {
      if (node['operator'] === '??' || node['operator'] === '||' || node['operator'] === '+') expression(node['left'], true);
      if (node['operator'] !== '===' && node['operator'] !== '!==') expression(node['right'], true);
    }
  };
  walk(parse(source, { modern: true }).fragment, true);
  return found;
}

test('the search finds texts, attributes and branches', () => {
  const source = `<p aria-label="Seen">Hello {a ? 'there' : t('app.name')} {b ?? 'else'}</p><i title={'Tip'} class="no"></i>`;
  expect(literals(source).sort()).toEqual(['Hello', 'Seen', 'Tip', 'else', 'there']);
});

test.each(Object.entries(components))('%s has no words of its own', (_, source) => {
  expect(literals(source as string)).toEqual([]);
});
