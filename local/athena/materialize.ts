import { QueryError } from './errors.ts';
import { closing, isSymbol, isWord, nameOf, type Token } from './tokens.ts';

const AS: Token = { kind: 'word', text: 'AS' };
const MATERIALIZED: Token = { kind: 'word', text: 'MATERIALIZED' };

/** For each named query in reach: whether a window or a grouping in it is planned again wherever it is read. */
type Named = ReadonlyMap<string, boolean>;

/**
 * Has DuckDB keep the rows of a named query (`AS MATERIALIZED`) that reads another one with a window or a grouping in it. DuckDB puts a
 * named query in the place where it is read, and its planner then works through what lies below each window and each
 * grouping twice (FilterPushdown of 1.5): a chain of n of them takes 2^n as long to plan, ten steps of a funnel 13 seconds. Rows stay the
 * same; Trino's dialect has no word for it.
 * @param tokens significant tokens of one query
 * @throws QueryError where it has the word itself.
 */
export function materialized(tokens: readonly Token[]): Token[] {
  const own = tokens.findIndex(
    (token, i) => isWord(token, 'MATERIALIZED') && isSymbol(tokens[i + 1], '('),
  );
  if (own > 0 && isWord(tokens[own - 1], 'AS', 'NOT')) {
    throw new QueryError('SYNTAX_ERROR', `mismatched input '${tokens[own]!.text}'`);
  }
  const out: Token[] = [];
  mark(tokens, new Map(), out);
  return out;
}

function mark(tokens: readonly Token[], outer: Named, out: Token[]): void {
  for (let i = 0; i < tokens.length; ) {
    const list = isWord(tokens[i], 'WITH') ? namedQueries(tokens, i + 1) : [];
    out.push(tokens[i]!);
    i += 1;
    if (list.length === 0) continue;
    const named = new Map(outer);
    for (const { name, as, open, end } of list) {
      out.push(...tokens.slice(i, as));
      const body = tokens.slice(open + 1, end);
      const keeps = body.some((token) => isName(token) && named.get(nameOf(token)) === true);
      out.push(AS, ...(keeps ? [MATERIALIZED] : []), tokens[open]!);
      mark(body, named, out);
      named.set(name, !keeps && body.some((token) => isWord(token, 'OVER', 'GROUP', 'DISTINCT')));
      i = end;
    }
    // What follows the list reads it, and named queries within see it.
    mark(tokens.slice(i), named, out);
    return;
  }
}

interface NamedQuery {
  readonly name: string;
  /** Places of AS and of the parentheses around the query. */
  readonly as: number;
  readonly open: number;
  readonly end: number;
}

/** The queries of a WITH whose first name is at `start`; none where it names no queries, or they read themselves. */
function namedQueries(tokens: readonly Token[], start: number): NamedQuery[] {
  const list: NamedQuery[] = [];
  for (let i = start; ; ) {
    const token = tokens[i];
    if (token === undefined || !isName(token)) return list;
    const as = isSymbol(tokens[i + 1], '(') ? closing(tokens, i + 1) + 1 : i + 1;
    if (!isWord(tokens[as], 'AS') || !isSymbol(tokens[as + 1], '(')) return list;
    const end = closing(tokens, as + 1);
    list.push({ name: nameOf(token), as, open: as + 1, end });
    if (!isSymbol(tokens[end + 1], ',')) return list;
    i = end + 2;
  }
}

function isName({ kind }: Token): boolean {
  return kind === 'word' || kind === 'quoted';
}
