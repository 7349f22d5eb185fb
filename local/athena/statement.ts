import { QueryError, refused } from './errors.ts';
import { closing, isSymbol, isWord, nameOf, type Token } from './tokens.ts';
import { splitCommas } from './types.ts';

/** A table as a statement names it. */
export interface TableName {
  readonly database?: string;
  readonly table: string;
}

/** A statement by its kind. `tokens` are those of its query. */
export type Statement =
  | { readonly kind: 'query'; readonly tokens: readonly Token[] }
  | {
      readonly kind: 'create-table-as';
      readonly name: TableName;
      readonly properties: ReadonlyMap<string, string>;
      readonly tokens: readonly Token[];
      readonly withData: boolean;
    }
  | { readonly kind: 'drop-table'; readonly name: TableName; readonly ifExists: boolean }
  | { readonly kind: 'show-tables'; readonly database?: string; readonly pattern?: string }
  | { readonly kind: 'show-databases' }
  | { readonly kind: 'show-partitions'; readonly name: TableName }
  | { readonly kind: 'show-columns'; readonly name: TableName }
  | { readonly kind: 'describe'; readonly name: TableName };

/** Reads what kind of statement this is. @throws QueryError for kinds that are refused, by name. */
export function parseStatement(all: readonly Token[]): Statement {
  const tokens = isSymbol(all.at(-1), ';') ? all.slice(0, -1) : all;
  const reader = new Reader(tokens);
  if (reader.take('CREATE')) return createTableAs(reader);
  if (reader.take('DROP')) {
    reader.expect('TABLE');
    const ifExists = reader.take('IF', 'EXISTS');
    const name = reader.name();
    reader.end();
    return { kind: 'drop-table', name, ifExists };
  }
  if (reader.take('SHOW')) return show(reader);
  if (reader.take('DESCRIBE') || reader.take('DESC')) {
    const name = reader.name();
    reader.end();
    return { kind: 'describe', name };
  }
  if (isWord(tokens[0], 'SELECT', 'WITH', 'VALUES') || isSymbol(tokens[0], '('))
    return { kind: 'query', tokens };
  const known = [
    'INSERT',
    'UNLOAD',
    'TABLE',
    'MSCK',
    'ALTER',
    'MERGE',
    'UPDATE',
    'DELETE',
    'EXPLAIN',
    'PREPARE',
    'EXECUTE',
    'DEALLOCATE',
    'OPTIMIZE',
    'VACUUM',
  ];
  if (isWord(tokens[0], ...known)) throw refused(`the statement ${tokens[0]!.text.toUpperCase()}`);
  throw new QueryError(
    'SYNTAX_ERROR',
    `line 1:1: mismatched input '${tokens[0]?.text ?? '<EOF>'}'`,
  );
}

function createTableAs(reader: Reader): Statement {
  if (!reader.take('TABLE')) throw refused(`the statement CREATE ${reader.text().toUpperCase()}`);
  if (reader.take('IF')) throw refused('CREATE TABLE IF NOT EXISTS');
  const name = reader.name();
  const properties = new Map<string, string>();
  if (reader.take('WITH')) {
    for (const part of splitCommas(reader.parenthesised())) {
      const [key, equals, ...value] = part;
      if (key === undefined || !isSymbol(equals, '=') || value.length === 0)
        throw new QueryError('SYNTAX_ERROR', 'a table property is written name = value');
      properties.set(nameOf(key), literal(value));
    }
  }
  if (!reader.take('AS')) throw refused('CREATE TABLE without AS');
  const rest = reader.rest();
  const query =
    isSymbol(rest[0], '(') && closing(rest, 0) === rest.length - 1 ? rest.slice(1, -1) : rest;
  const noData = isWord(query.at(-1), 'DATA') && isWord(query.at(-2), 'NO');
  const withData = isWord(query.at(-1), 'DATA') && isWord(query.at(-2), 'WITH');
  const tokens = noData ? query.slice(0, -3) : withData ? query.slice(0, -2) : query;
  return { kind: 'create-table-as', name, properties, tokens, withData: !noData };
}

function literal(tokens: readonly Token[]): string {
  const [token] = tokens;
  if (tokens.length === 1 && token!.kind === 'string')
    return token!.text.slice(1, -1).replaceAll("''", "'");
  return tokens.map(({ text }) => text).join('');
}

function show(reader: Reader): Statement {
  if (reader.take('DATABASES') || reader.take('SCHEMAS')) {
    reader.end();
    return { kind: 'show-databases' };
  }
  if (reader.take('TABLES')) {
    const database = reader.take('IN') || reader.take('FROM') ? reader.identifier() : undefined;
    const pattern = reader.take('LIKE') ? reader.string() : reader.optionalString();
    reader.end();
    return { kind: 'show-tables', database, pattern };
  }
  const kind = reader.take('PARTITIONS')
    ? 'show-partitions'
    : reader.take('COLUMNS')
      ? 'show-columns'
      : null;
  if (kind === null) throw refused(`the statement SHOW ${reader.text().toUpperCase()}`);
  if (kind === 'show-columns' && !reader.take('IN')) reader.expect('FROM');
  const name = reader.name();
  reader.end();
  return { kind, name };
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  text(): string {
    return this.#tokens[this.#at]?.text ?? '<EOF>';
  }

  take(...words: readonly string[]): boolean {
    if (!words.every((word, i) => isWord(this.#tokens[this.#at + i], word))) return false;
    this.#at += words.length;
    return true;
  }

  expect(word: string): void {
    if (!this.take(word)) throw this.#unexpected(word);
  }

  identifier(): string {
    const token = this.#tokens[this.#at++];
    // Athena's DDL quotes names with backticks; they are no token of queries.
    if (token?.kind !== 'word' && token?.kind !== 'quoted') throw this.#unexpected('a name');
    return nameOf(token);
  }

  name(): TableName {
    const parts = [this.identifier()];
    while (isSymbol(this.#tokens[this.#at], '.')) {
      this.#at++;
      parts.push(this.identifier());
    }
    return tableName(parts);
  }

  string(): string {
    const value = this.optionalString();
    if (value === undefined) throw this.#unexpected('a string');
    return value;
  }

  optionalString(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'string') return undefined;
    this.#at++;
    return token.text.slice(1, -1).replaceAll("''", "'");
  }

  parenthesised(): Token[] {
    if (!isSymbol(this.#tokens[this.#at], '(')) throw this.#unexpected("'('");
    const end = closing(this.#tokens, this.#at);
    const inner = this.#tokens.slice(this.#at + 1, end);
    this.#at = end + 1;
    return inner;
  }

  rest(): Token[] {
    return this.#tokens.slice(this.#at);
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#unexpected('<EOF>');
  }

  #unexpected(wanted: string): QueryError {
    return new QueryError(
      'SYNTAX_ERROR',
      `mismatched input '${this.text()}'. Expecting: ${wanted}`,
    );
  }
}

/** Database and table of a name with up to three parts. @throws QueryError for other catalogs than AwsDataCatalog. */
export function tableName(parts: readonly string[]): TableName {
  const [table, database, catalog, ...more] = parts.toReversed();
  if (catalog !== undefined && catalog.toLowerCase() !== 'awsdatacatalog')
    throw new QueryError('CATALOG_NOT_FOUND', `Catalog '${catalog}' does not exist`);
  if (table === undefined || more.length > 0)
    throw new QueryError('SYNTAX_ERROR', `Too many parts in table name: ${parts.join('.')}`);
  return { database: database?.toLowerCase(), table: table.toLowerCase() };
}
