import { QueryError, refused } from './errors.ts';
import { duckdbFunction } from './functions.ts';
import { jsonPointer } from './json-path.ts';
import { literal } from './literal.ts';
import { closing, isSymbol, isWord, type Token } from './tokens.ts';
import { duckdbType, splitCommas } from './types.ts';

/** Words of DuckDB's dialect that no statement of Trino's has in this place. */
const FOREIGN = [
  ...['QUALIFY', 'ILIKE', 'PIVOT', 'UNPIVOT', 'ASOF', 'POSITIONAL', 'GLOB', 'EXCLUDE', 'SUMMARIZE'],
  ...['SIMILAR', 'ISNULL', 'NOTNULL', 'ATTACH', 'PRAGMA'],
];

/** Key words before a parenthesis that open no call. */
const NO_CALLS = new Set(
  `and or not in on using values select from where having by as over zone for exists any all some when then else case union
  except intersect distinct join lateral with recursive sets rollup cube between like escape limit offset fetch interval
  rows range partition order group row array window within return is end null cross full left right inner outer natural
  first next asc desc nulls`
    .trim()
    .split(/\s+/),
);

/**
 * Rewrites a query from Trino's dialect into DuckDB's, token by token: functions by their table, types of casts, binary
 * literals, IGNORE NULLS, date_parse. Everything else is written the same in both.
 * @param tokens significant tokens of one query
 * @throws QueryError for what Trino does not know and for what has no twin here.
 */
export function translateQuery(tokens: readonly Token[]): string {
  if (!isWord(tokens[0], 'SELECT', 'WITH', 'VALUES') && !isSymbol(tokens[0], '('))
    throw new QueryError(
      'SYNTAX_ERROR',
      `line 1:1: mismatched input '${tokens[0]?.text ?? '<EOF>'}'`,
    );
  refuseForeign(tokens);
  return translate(tokens).join(' ');
}

/** Rewrites what starts at `i`, puts it to `out`, and says how many tokens it took; 0 where it has nothing to do. */
type Rewrite = (tokens: readonly Token[], i: number, out: string[]) => number;

function translate(tokens: readonly Token[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; ) {
    const taken = REWRITES.values()
      .map((rewrite) => rewrite(tokens, i, out))
      .find((count) => count > 0);
    if (taken === undefined) out.push(isCall(tokens, i) ? call(tokens, i) : tokens[i]!.text);
    i += taken ?? 1;
  }
  return out;
}

const REWRITES: readonly Rewrite[] = [
  function castTypes(tokens, i, out) {
    if (!isWord(tokens[i], 'CAST', 'TRY_CAST') || !isSymbol(tokens[i + 1], '(')) return 0;
    const end = closing(tokens, i + 1);
    out.push(cast(tokens[i]!.text, tokens.slice(i + 2, end)));
    return end - i + 1;
  },
  function jsonPaths(tokens, i, out) {
    const name = tokens[i]!.text.toLowerCase();
    if (!['json_extract', 'json_extract_scalar', 'json_size'].includes(name)) return 0;
    if (!isCall(tokens, i)) return 0;
    const end = closing(tokens, i + 1);
    const [value, path, ...others] = splitCommas(tokens.slice(i + 2, end));
    if (value === undefined || path?.length !== 1 || others.length > 0) return 0;
    const pointer = path[0]!.kind === 'string' ? jsonPointer(textOf(path[0]!.text)) : undefined;
    if (pointer === undefined) return 0;
    out.push(`${duckdbFunction(name)}(${translate(value).join(' ')}, ${literal(pointer)})`);
    return end - i + 1;
  },
  function dateFormats(tokens, i, out) {
    if (!isWord(tokens[i], 'DATE_PARSE') || !isSymbol(tokens[i + 1], '(')) return 0;
    const end = closing(tokens, i + 1);
    out.push(dateParse(tokens.slice(i + 2, end)));
    return end - i + 1;
  },
  function extractFields(tokens, i, out) {
    const field = tokens[i + 2]?.text.toLowerCase();
    if (!isWord(tokens[i], 'EXTRACT') || !isSymbol(tokens[i + 1], '(') || field === undefined)
      return 0;
    out.push('EXTRACT', '(', EXTRACT_FIELDS[field] ?? field);
    return 3;
  },
  function intervals(tokens, i, out) {
    const [sign, word, value, unit] = tokens.slice(i, i + 4);
    const isSign = isSymbol(sign, '+') || isSymbol(sign, '-');
    if (!isSign || !isWord(word, 'INTERVAL') || value?.kind !== 'string' || unit === undefined)
      return 0;
    addInterval(out, `${sign!.text} INTERVAL ${value.text} ${unit.text}`);
    return 4;
  },
  function rowsOfOneValue(tokens, i, out) {
    if (!isWord(tokens[i], 'VALUES') || isSymbol(tokens[i + 1], '(')) return 0;
    const end = endOfList(tokens, i + 1);
    const rows = splitCommas(tokens.slice(i + 1, end));
    out.push('VALUES', rows.map((row) => `(${translate(row).join(' ')})`).join(', '));
    return end - i;
  },
  function literals(tokens, i, out) {
    const value = tokens[i + 1];
    if (!isWord(tokens[i], 'X', 'DECIMAL') || value?.kind !== 'string') return 0;
    const text = value.text.slice(1, -1);
    if (isWord(tokens[i], 'X')) out.push(`unhex('${text.replaceAll(/\s/g, '')}')`);
    // DuckDB's DECIMAL '1.5' always has three digits after the point.
    else if (/^[+-]?[0-9.]+$/.test(text)) out.push(`(${text})`);
    else throw new QueryError('INVALID_LITERAL', `Invalid DECIMAL literal: ${value.text}`);
    return 2;
  },
  function conditionalWindows(tokens, i, out) {
    // DuckDB takes max(b) FILTER (WHERE a) OVER, which Trino refuses, in four fifths of the time of max(CASE WHEN a THEN b END) OVER.
    // b is a column, so that nothing is worked out that the condition would have kept from failing.
    if (!isWord(tokens[i], 'MAX', 'MIN') || !isSymbol(tokens[i + 1], '(')) return 0;
    const end = closing(tokens, i + 1);
    if (!isWord(tokens[end + 1], 'OVER')) return 0;
    const inner = tokens.slice(i + 2, end);
    const [condition, value] = [inner.slice(2, -3), inner.at(-2)];
    const isCase =
      isWord(inner[0], 'CASE') && isWord(inner[1], 'WHEN') && isWord(inner.at(-1), 'END');
    if (!isCase || !isWord(inner.at(-3), 'THEN') || value?.kind !== 'word') return 0;
    if (condition.some((token) => isWord(token, 'CASE', 'WHEN', 'THEN', 'ELSE'))) return 0;
    out.push(tokens[i]!.text, '(', value.text, ')');
    out.push('FILTER', '(', 'WHERE', ...translate(condition), ')');
    return end - i + 1;
  },
  function ignoredNulls(tokens, i, out) {
    // Trino writes lag(x) IGNORE NULLS, DuckDB lag(x IGNORE NULLS).
    if (!isWord(tokens[i], 'IGNORE', 'RESPECT') || !isWord(tokens[i + 1], 'NULLS')) return 0;
    if (out.at(-1) !== ')') return 0;
    out.splice(-1, 1, tokens[i]!.text, 'NULLS', ')');
    return 2;
  },
];

/** Fields of EXTRACT that DuckDB counts otherwise or names otherwise. */
const EXTRACT_FIELDS: Readonly<Record<string, string>> = {
  dow: 'isodow',
  day_of_week: 'isodow',
  day_of_month: 'day',
  day_of_year: 'doy',
  yow: 'isoyear',
  year_of_week: 'isoyear',
};

/**
 * A date plus an interval is a date in Trino and a timestamp in DuckDB: the sum is cast to the type of what stands before the
 * sign. Where that is itself a sum, it stays as it is: such a sum is no date.
 */
function addInterval(out: string[], interval: string): void {
  const start = operandStart(out);
  if (start < 0 || /^(?:[-+*/%]|\|\|)$/.test(out[start - 1] ?? '')) {
    out.push(interval);
    return;
  }
  const operand = out.splice(start).join(' ');
  out.push(`cast_to_type((${operand}) ${interval}, ${operand})`);
}

/** Where the last operand starts: a literal with its type, a name with its qualifiers, a call or a parenthesis. */
function operandStart(out: readonly string[]): number {
  let at = out.length - 1;
  if (out[at] === ')') {
    for (let depth = 0; at >= 0; at--) {
      if (out[at] === ')') depth++;
      if (out[at] === '(' && --depth === 0) break;
    }
    return /^\w+$/.test(out[at - 1] ?? '') && !NO_CALLS.has(out[at - 1]!.toLowerCase())
      ? at - 1
      : at;
  }
  if (out[at]?.startsWith("'"))
    return /^(?:date|timestamp|time)$/i.test(out[at - 1] ?? '') ? at - 1 : at;
  if (out[at] === ']') return -1;
  while (out[at - 1] === '.') at -= 2;
  return at;
}

/** Where a list ends that starts at `start`: at the parenthesis around it, at the clause after it, at the end. */
function endOfList(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    if (isSymbol(tokens[i], '(')) depth++;
    if (isSymbol(tokens[i], ')') && --depth < 0) return i;
    const clause = ['UNION', 'EXCEPT', 'INTERSECT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'];
    if (depth === 0 && isWord(tokens[i], ...clause)) return i;
  }
  return tokens.length;
}

/** Whether the name at `i` calls a function: no key word, no alias with column names, no named query. */
function isCall(tokens: readonly Token[], i: number): boolean {
  const token = tokens[i]!;
  if (token.kind !== 'word' || !isSymbol(tokens[i + 1], '(')) return false;
  if (NO_CALLS.has(token.text.toLowerCase())) return false;
  const before = tokens[i - 1];
  if (isWord(before, 'AS', 'WITH', 'RECURSIVE')) return false;
  if (isSymbol(before, '.'))
    throw new QueryError(
      'FUNCTION_NOT_FOUND',
      `Function '${tokens[i - 2]?.text}.${token.text}' not registered`,
    );
  if (isSymbol(before, ')') || before?.kind === 'quoted') return false;
  if (before?.kind === 'word' && !NO_CALLS.has(before.text.toLowerCase())) return false;
  const after = closing(tokens, i + 1) + 1;
  return !(
    isSymbol(before, ',') &&
    isWord(tokens[after], 'AS') &&
    isSymbol(tokens[after + 1], '(')
  );
}

function call(tokens: readonly Token[], i: number): string {
  const { text } = tokens[i]!;
  const inner = tokens.slice(i + 2, closing(tokens, i + 1));
  const name = text.toLowerCase();
  // Forms with key words inside are SQL's own, the same in both.
  if (['grouping', 'position', 'current_timestamp', 'localtimestamp'].includes(name)) return text;
  if (['substring', 'trim'].includes(name) && inner.some((token) => isWord(token, 'FROM')))
    return text;
  if (['max_by', 'min_by', 'approx_distinct', 'approx_percentile'].includes(name))
    checkArguments(name, inner);
  return duckdbFunction(name);
}

/** Forms with more arguments mean something else in DuckDB. */
function checkArguments(name: string, inner: readonly Token[]): void {
  const count = splitCommas(inner).length;
  const allowed = name === 'approx_distinct' ? 1 : 2;
  if (count > allowed) throw refused(`${name} with ${count} arguments`);
}

function cast(word: string, inner: readonly Token[]): string {
  let depth = 0;
  const as = inner.findIndex((token) => {
    if (isSymbol(token, '(')) depth++;
    if (isSymbol(token, ')')) depth--;
    return depth === 0 && isWord(token, 'AS');
  });
  if (as < 0) throw new QueryError('SYNTAX_ERROR', `${word} needs AS and a type`);
  return `${word}(${translate(inner.slice(0, as)).join(' ')} AS ${duckdbType(inner.slice(as + 1))})`;
}

const MYSQL_FORMAT: Readonly<Record<string, string>> = {
  M: '%B',
  W: '%A',
  i: '%M',
  s: '%S',
  T: '%H:%M:%S',
  r: '%I:%M:%S %p',
  e: '%-d',
  c: '%-m',
  k: '%-H',
  h: '%I',
};

function dateParse(inner: readonly Token[]): string {
  const [text, format] = splitCommas(inner);
  if (text === undefined || format?.length !== 1 || format[0]!.kind !== 'string')
    throw refused('date_parse with a format that is no literal');
  const strptime = format[0]!.text.replaceAll(
    /%(.)/g,
    (all, letter) => MYSQL_FORMAT[letter] ?? all,
  );
  return `strptime(${translate(text).join(' ')}, ${strptime})`;
}

/** The text that a literal stands for. */
function textOf(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'");
}

function refuseForeign(tokens: readonly Token[]): void {
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    const foreign =
      (isWord(token, ...FOREIGN) &&
        !isWord(tokens[i - 1], 'AS') &&
        !isSymbol(tokens[i - 1], '.')) ||
      (isWord(token, 'SEMI', 'ANTI') && isWord(next, 'JOIN')) ||
      (isWord(token, 'BY') && isWord(next, 'ALL')) ||
      (isWord(token, 'BY') && isWord(next, 'NAME') && isWord(tokens[i - 1], 'UNION', 'ALL')) ||
      (isWord(token, 'DISTINCT') && isWord(next, 'ON') && isSymbol(tokens[i + 2], '(')) ||
      (isWord(token, 'FROM', 'JOIN') && next?.kind === 'string') ||
      (isSymbol(token, '*') && isWord(next, 'REPLACE', 'RENAME'));
    if (foreign)
      throw new QueryError(
        'SYNTAX_ERROR',
        `mismatched input '${token.text} ${next?.text ?? ''}'`.trim(),
      );
    checkWindow(tokens, i);
    if (isWord(token, 'MATCH_RECOGNIZE', 'TABLESAMPLE')) throw refused(token.text.toUpperCase());
    if (isSymbol(token, ';'))
      throw new QueryError('SYNTAX_ERROR', 'Only one sql statement is allowed');
    if (isSymbol(token, '?')) throw wrongParameters(1, 0);
    if (isSymbol(token, '[') && !opensSubscript(tokens[i - 1]))
      throw new QueryError('SYNTAX_ERROR', "mismatched input '['");
  }
}

/** DuckDB takes both before OVER; Trino neither. */
function checkWindow(tokens: readonly Token[], i: number): void {
  const isOver = (open: number) =>
    isSymbol(tokens[open], '(') && isWord(tokens[closing(tokens, open) + 1], 'OVER');
  if (isWord(tokens[i], 'FILTER') && isOver(i + 1)) {
    throw new QueryError('NOT_SUPPORTED', 'FILTER is not yet supported for window functions');
  }
  if (isWord(tokens[i], 'DISTINCT') && isOver(i - 1)) {
    throw new QueryError(
      'NOT_SUPPORTED',
      'DISTINCT in window function parameters not yet supported',
    );
  }
}

function opensSubscript(before: Token | undefined): boolean {
  if (before?.kind === 'word')
    return !NO_CALLS.has(before.text.toLowerCase()) || isWord(before, 'ARRAY');
  return before?.kind === 'quoted' || isSymbol(before, ')') || isSymbol(before, ']');
}

/**
 * Puts ExecutionParameters in the place of `?`, in order: SQL literals or expressions, as Athena takes them.
 * @throws QueryError where their number differs or one is no expression.
 */
export function bindParameters(
  tokens: readonly Token[],
  parameters: readonly (readonly Token[])[],
): Token[] {
  const places = tokens.filter((token) => isSymbol(token, '?')).length;
  if (places !== parameters.length) throw wrongParameters(places, parameters.length);
  let next = 0;
  return tokens.flatMap((token) => {
    if (!isSymbol(token, '?')) return [token];
    const parameter = parameters[next++]!;
    const invalid =
      parameter.length === 0 ||
      parameter.some(
        (part) => isSymbol(part, ';') || isSymbol(part, '?') || isWord(part, 'SELECT', 'FROM'),
      );
    if (invalid || !isBalanced(parameter))
      throw new QueryError(
        'INVALID_PARAMETER_USAGE',
        `parameter ${next} is no literal: strings need single quotes`,
      );
    return parameter.length === 1 ? parameter : [OPEN, ...parameter, CLOSE];
  });
}

const OPEN: Token = { kind: 'symbol', text: '(' };
const CLOSE: Token = { kind: 'symbol', text: ')' };

function isBalanced(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, '(')) depth++;
    if (isSymbol(token, ')') && --depth < 0) return false;
  }
  return depth === 0;
}

function wrongParameters(expected: number, found: number): QueryError {
  return new QueryError(
    'INVALID_PARAMETER_USAGE',
    `line 1:1: Incorrect number of parameters: expected ${expected} but found ${found}`,
  );
}
