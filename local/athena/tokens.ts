import { QueryError } from './errors.ts';

/** A piece of a statement. `space` is white space and comments. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'space';
  readonly text: string;
}

/** The kind of a token is the group of this pattern that it is in. */
const PATTERN =
  /((?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)+)|('(?:[^']|'')*')|("(?:[^"]|"")*")|((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(->|=>|<>|!=|<=|>=|\|\||::|==|\/\/|\*\*|[^\s])/y;
const KINDS = ['space', 'string', 'quoted', 'number', 'word', 'symbol'] as const;

/** Operators and punctuation of Trino's grammar. DuckDB has more. */
const SYMBOLS = new Set([
  ...['+', '-', '*', '/', '%', '=', '<>', '!=', '<', '<=', '>', '>=', '||', '->', '=>'],
  ...['.', ',', ';', '(', ')', '[', ']', '?'],
]);

/**
 * Cuts a statement into tokens: what stands in a string, a quoted name or a comment is one token and never looked into.
 * @throws QueryError for text that is in no Trino statement.
 */
export function tokenize(statement: string): Token[] {
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < statement.length) {
    const at = PATTERN.lastIndex;
    const match = PATTERN.exec(statement);
    if (match === null) throw unexpected(statement, at, statement[at]!);
    const [text] = match;
    const kind = KINDS[match.findIndex((group, i) => i > 0 && group !== undefined) - 1]!;
    if (kind === 'symbol' && !SYMBOLS.has(text)) throw unexpected(statement, at, text);
    tokens.push({ kind, text });
  }
  return tokens;
}

/** Tokens without white space and comments. */
export function significant(tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => token.kind !== 'space');
}

/** Whether a token is one of these key words, in any case. Quoted names are none. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase());
}

/** Whether a token is this symbol. */
export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === 'symbol' && token.text === symbol;
}

/** The name that a word or a quoted name stands for; Trino folds both to lower case where it looks tables up. */
export function nameOf(token: Token): string {
  return (
    token.kind === 'quoted' ? token.text.slice(1, -1).replaceAll('""', '"') : token.text
  ).toLowerCase();
}

/** Place of the parenthesis that closes the one at `open`. @throws QueryError where none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (isSymbol(tokens[i], '(')) depth++;
    if (isSymbol(tokens[i], ')') && --depth === 0) return i;
  }
  throw new QueryError('SYNTAX_ERROR', "mismatched input '<EOF>': a parenthesis is not closed");
}

function unexpected(statement: string, at: number, text: string): QueryError {
  const before = statement.slice(0, at).split('\n');
  const place = `line ${before.length}:${before.at(-1)!.length + 1}`;
  return new QueryError('SYNTAX_ERROR', `${place}: mismatched input '${text}'`);
}
