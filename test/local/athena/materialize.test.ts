import { describe, expect, test } from '@jest/globals';
import { materialized } from '../../../local/athena/materialize.ts';
import { significant, tokenize } from '../../../local/athena/tokens.ts';

function marked(statement: string): string {
  return materialized(significant(tokenize(statement)))
    .map(({ text }) => text)
    .join(' ');
}

/** Tokens of a statement with a space between each two. */
function plain(statement: string): string {
  return significant(tokenize(statement))
    .map(({ text }) => text)
    .join(' ');
}

describe('named queries whose rows DuckDB keeps', () => {
  test('one that reads a query with a window is kept, the next in the chain is not', () => {
    expect(
      marked(`WITH a AS (SELECT x, max(x) OVER (ORDER BY x) AS m FROM t), b AS (SELECT * FROM a WHERE m > 1),
        c AS (SELECT x, max(x) OVER (ORDER BY x) AS m FROM b), d AS (SELECT * FROM c) SELECT * FROM d`),
    ).toBe(
      plain(`WITH a AS (SELECT x, max(x) OVER (ORDER BY x) AS m FROM t), b AS MATERIALIZED (SELECT * FROM a WHERE m > 1),
        c AS (SELECT x, max(x) OVER (ORDER BY x) AS m FROM b), d AS MATERIALIZED (SELECT * FROM c) SELECT * FROM d`),
    );
  });

  test('groupings count as windows do, also across a query that has neither', () => {
    expect(
      marked(
        'WITH "A" AS (SELECT x FROM t GROUP BY x), b (y) AS (SELECT x FROM a), c AS (SELECT y FROM b) SELECT * FROM c',
      ),
    ).toBe(
      plain(
        'WITH "A" AS (SELECT x FROM t GROUP BY x), b (y) AS MATERIALIZED (SELECT x FROM a), c AS (SELECT y FROM b) SELECT * FROM c',
      ),
    );
  });

  test('lists inside a named query are looked through with the names around them', () => {
    expect(
      marked(`WITH a AS (SELECT DISTINCT x FROM t)
        SELECT * FROM (WITH b AS (SELECT * FROM a), a AS (SELECT 1 AS x), c AS (SELECT * FROM a) SELECT * FROM b, c) AS q`),
    ).toBe(
      plain(`WITH a AS (SELECT DISTINCT x FROM t)
        SELECT * FROM (WITH b AS MATERIALIZED (SELECT * FROM a), a AS (SELECT 1 AS x), c AS (SELECT * FROM a) SELECT * FROM b, c) AS q`),
    );
  });

  test.each([
    ['no WITH', 'SELECT max(x) OVER (ORDER BY x) FROM t'],
    ['time zones', "SELECT CAST(x AS timestamp with time zone), 'WITH a AS (' FROM t"],
    [
      'queries that read themselves',
      'WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT * FROM a',
    ],
    [
      'windows with a name',
      'WITH a AS (SELECT x FROM t) SELECT max(x) OVER w FROM a WINDOW w AS (ORDER BY x)',
    ],
  ])('leaves a statement as it is: %s', (_, statement) => {
    expect(marked(statement)).toBe(plain(statement));
  });
});
