import { describe, expect, test } from '@jest/globals';
import { difference } from './compare.ts';
import type { TrinoResult, TrinoValue } from './server.ts';

function result(types: readonly string[], ...rows: TrinoValue[][]): TrinoResult {
  return { columns: types.map((type, i) => ({ name: `c${i}`, type })), rows };
}

describe('rows of Trino and of local Athena', () => {
  test('are the same whatever their order, with every type written as Athena does', () => {
    const trino = result(
      ['bigint', 'double', 'array(integer)', 'varbinary', 'varchar'],
      [1, 0.1, [1, 2], 'YWI=', null],
      ['9223372036854775807', 1e7, null, null, 'x'],
    );
    const local = [
      ['9223372036854775807', '1.0E7', undefined, undefined, 'x'],
      ['1', '0.1', '[1, 2]', '61 62', undefined],
    ];
    expect(difference(trino, local)).toBeNull();
  });

  test('may differ in the last digits of a double, and in nothing else', () => {
    expect(difference(result(['double'], [0.1 + 0.2]), [['0.3']])).toBeNull();
    expect(difference(result(['double'], [0.3]), [['0.31']])).toMatch('Trino has');
    expect(difference(result(['varchar'], ['a'], ['a']), [['a'], ['b']])).toMatch('Trino has');
    expect(difference(result(['varchar'], [null]), [['']])).toMatch('Trino has');
    expect(difference(result(['varchar'], ['a'], ['a']), [['a']])).toMatch(
      '2 rows on Trino, 1 locally',
    );
  });
});
