import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { toCsv } from '../../../lambdas/query/csv.ts';

describe('CSV', () => {
  test('numbers stay numbers, null is empty, quotes are doubled', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          [-1.5, null],
          ['say "x", y\n', true],
        ],
      ),
    ).toBe('a,b\r\n-1.5,\r\n"say ""x"", y\n",true\r\n');
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])(
    '%j does not start a formula',
    (text) => {
      const [[cell]] = parse(toCsv([text], [])) as [[string]];
      expect(cell).toBe(`'${text}`);
    },
  );

  test('a semicolon does not begin a cell where the list separator is one', () => {
    expect(toCsv(['a;=1+1'], [])).toBe('"a;=1+1"\r\n');
  });

  test('any text comes back, apart from the apostrophe before formulas', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 })), (rows) => {
        const read = parse(toCsv(['a', 'b'], rows), {
          from: 2,
          skip_empty_lines: false,
        }) as string[][];
        const expected = rows.map((row) =>
          row.map((text) => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text)),
        );
        expect(read).toEqual(expected);
      }),
    );
  });
});
