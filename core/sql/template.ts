import type { Sql } from './quote.ts';

/** What a template's names stand for: a piece of SQL, a list of scopes for `each`, or a condition for `if`. */
export interface Scope {
  readonly [name: string]: Sql | readonly Scope[] | boolean;
}

const TAG = /\{\{(#each [a-z_0-9]+(?: join "[^"]*")?|#if !?[a-z_0-9]+|\/each|\/if|[a-z_0-9]+)\}\}/g;

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hole'; readonly name: string }
  | {
      readonly kind: 'if';
      readonly name: string;
      readonly negated: boolean;
      readonly body: readonly Node[];
    }
  | {
      readonly kind: 'each';
      readonly name: string;
      readonly join: string;
      readonly body: readonly Node[];
    };

/**
 * Fills in a statement's template. Tags: {{name}} a piece of SQL; {{#each list join ", "}}…{{/each}} once for every scope of
 * the list, outer names stay visible; {{#if name}}…{{/if}} and {{#if !name}}…{{/if}}. Comment lines and blank lines go, so
 * that a changed comment does not make history stale.
 * @throws Error where a name is unknown or of the wrong kind, or a block is not closed: a template's error never
 * reaches Athena.
 */
export function render(template: string, scope: Scope): Sql {
  const lines = template.split('\n').filter((line) => !/^\s*(--.*)?$/.test(line));
  const text = fill(parse(lines.join('\n')), scope);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')
    .replaceAll(LINE_BREAK_OF_A_VALUE, '\n') as Sql;
}

/** Stands for line breaks of what is filled in: blank lines of a literal are a part of it. No piece of SQL holds NUL. */
const LINE_BREAK_OF_A_VALUE = '\0';

function parse(template: string): Node[] {
  const root: Node[] = [];
  const open: { closes: string; nodes: Node[] }[] = [{ closes: '', nodes: root }];
  let end = 0;
  for (const match of template.matchAll(TAG)) {
    const nodes = open.at(-1)!.nodes;
    nodes.push({ kind: 'text', text: template.slice(end, match.index) });
    end = match.index + match[0].length;
    const tag = match[1]!;
    if (tag.startsWith('/')) {
      if (open.pop()!.closes !== tag) throw new Error(`statement template: unexpected {{${tag}}}`);
    } else if (tag.startsWith('#')) {
      const node = block(tag);
      nodes.push(node);
      open.push({ closes: node.kind === 'if' ? '/if' : '/each', nodes: node.body as Node[] });
    } else nodes.push({ kind: 'hole', name: tag });
  }
  if (open.length !== 1)
    throw new Error(`statement template: {{${open.at(-1)!.closes}}} is missing`);
  root.push({ kind: 'text', text: template.slice(end) });
  const stray = root.find((node) => node.kind === 'text' && node.text.includes('{{'));
  if (stray?.kind === 'text')
    throw new Error(`statement template: unknown tag in ${stray.text.trim().slice(0, 80)}`);
  return root;
}

function block(tag: string): Extract<Node, { kind: 'if' | 'each' }> {
  const [, kind, negation, name, join] = /^#(if|each) (!?)([a-z_0-9]+)(?: join "([^"]*)")?$/.exec(
    tag,
  )!;
  if (kind === 'if') return { kind, name: name!, negated: negation === '!', body: [] };
  return { kind: 'each', name: name!, join: join ?? '', body: [] };
}

function fill(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => fillNode(node, scope)).join('');
}

function fillNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  const value = scope[node.name];
  if (value === undefined) throw new Error(`statement template: ${node.name} is not given`);
  if (node.kind === 'hole') {
    if (typeof value !== 'string')
      throw new Error(`statement template: ${node.name} is no piece of SQL`);
    return value.replaceAll('\n', LINE_BREAK_OF_A_VALUE);
  }
  if (node.kind === 'if') {
    if (typeof value !== 'boolean')
      throw new Error(`statement template: ${node.name} is no condition`);
    return value === node.negated ? '' : fill(node.body, scope);
  }
  if (!Array.isArray(value)) throw new Error(`statement template: ${node.name} is no list`);
  return value.map((inner: Scope) => fill(node.body, { ...scope, ...inner })).join(node.join);
}
