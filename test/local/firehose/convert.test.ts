import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ParquetConverter } from '../../../local/firehose/convert.ts';
import { temporaryFolder } from '../gateway/local-stack.ts';

const COLUMNS = [
  { name: 'id', type: 'string' },
  { name: 'at', type: 'bigint' },
  { name: 'count', type: 'int' },
  { name: 'price', type: 'double' },
  { name: 'bot', type: 'boolean' },
  { name: 'props', type: 'string' },
];

async function convert(texts: readonly string[], columns = COLUMNS, compression = 'SNAPPY') {
  const { folder, remove } = await temporaryFolder();
  const converter = new ParquetConverter();
  const records = texts.map((text, index) => ({
    sequenceNumber: String(index),
    partitionKey: 'k',
    data: Buffer.from(text, 'latin1'),
    arrivalMs: index,
  }));
  const file = join(folder, 'out.parquet');
  const converted = await converter.convert(
    records,
    columns,
    compression,
    join(folder, 'work'),
    file,
  );
  const bytes = converted.rows === 0 ? null : await readFile(file);
  await converter.close();
  await remove();
  const buffer = bytes === null ? null : new Uint8Array(bytes).buffer;
  const rows = buffer === null ? [] : await parquetReadObjects({ file: buffer, compressors });
  return { ...converted, parquet: rows, buffer };
}

describe('the conversion to Parquet', () => {
  it('types columns as the table does and keeps 63-bit integers exact', async () => {
    const { parquet, failures, buffer } = await convert([
      '{"id":"a","at":9223372036854775807,"count":-2147483648,"price":12.5,"bot":true,"props":"{\\"x\\":1}"}\n{"id":"b"}\n',
    ]);

    expect(failures).toEqual([]);
    expect(parquet).toEqual([
      {
        id: 'a',
        at: 9223372036854775807n,
        count: -2147483648,
        price: 12.5,
        bot: true,
        props: '{"x":1}',
      },
      { id: 'b', at: null, count: null, price: null, bot: null, props: null },
    ]);
    const codecs =
      buffer === null ? [] : parquetMetadata(buffer).row_groups.flatMap(({ columns }) => columns);
    expect(new Set(codecs.map(({ meta_data }) => meta_data?.codec))).toEqual(new Set(['SNAPPY']));
  });

  const accepted: [why: string, json: string, row: Record<string, unknown>][] = [
    ['null is NULL', '{"id":null,"at":null}', {}],
    [
      'numbers go into string columns',
      '{"id":12345678901234567890123}',
      { id: '12345678901234567890123' },
    ],
    [
      'objects and arrays go into string columns as JSON',
      '{"id":[1, {"a": "b c"}],"props":{"q": 9007199254740993}}',
      { id: '[1,{"a":"b c"}]', props: '{"q":9007199254740993}' },
    ],
    [
      'fractions go into string columns as the double they are',
      '{"id":1.10,"props":1e3}',
      { id: '1.1', props: '1000.0' },
    ],
    ['so they do on a closer look', ' {"id":1.10,"props":1e3}', { id: '1.1', props: '1000.0' }],
    ['booleans go into string columns', '{"id":true}', { id: 'true' }],
    [
      'numeric text goes into numbers, trimmed',
      '{"at":" 42 ","count":"+7","price":"1e3"}',
      { at: 42n, count: 7, price: 1000 },
    ],
    ['"true" is true', '{"bot":"true"}', { bot: true }],
    ['"False" is false', '{"bot":"False"}', { bot: false }],
    ['keys match without case', '{"ID":"x","At":5}', { id: 'x', at: 5n }],
    ['undeclared keys are dropped', '{"id":"x","other":{"Deep":1,"deep":2}}', { id: 'x' }],
    ['exponents go into doubles', '{"price":1E-2}', { price: 0.01 }],
    [
      'keys that differ by case below a string column stay',
      '{"props":{"A":1,"a":2}}',
      { props: '{"A":1,"a":2}' },
    ],
  ];
  it.each(accepted)('%s', async (_, json, row) => {
    const empty = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]));

    const { parquet, failures } = await convert([json]);

    expect(failures).toEqual([]);
    expect(parquet).toEqual([{ ...empty, ...row }]);
  });

  const refused: [json: string, code: string, message: RegExp][] = [
    ['{"at":"oops"}', 'MalformedData', /column at of type bigint: For input string: "oops"/],
    ['{"at":9223372036854775808}', 'MalformedData', /"9223372036854775808"/],
    ['{"count":2147483648}', 'MalformedData', /column count/],
    ['{"at":1.5}', 'MalformedData', /"1.5"/],
    ['{"at":""}', 'MalformedData', /For input string: ""/],
    ['{"at":true}', 'MalformedData', /"true"/],
    ['{"price":"1_000"}', 'MalformedData', /1_000/],
    ['{"price":{}}', 'MalformedData', /column price/],
    ['{"bot":1}', 'MalformedData', /column bot/],
    ['{"URL":"x","Url":"y"}', 'ParseError', /Duplicate key "url"/],
    ['{"at":1,"at":1}', 'ParseError', /Duplicate key "at"/],
    ['{"at":1', 'ParseError', /malformed JSON/],
    ['not json', 'ParseError', /malformed JSON/],
    ['[{"at":1}]', 'ParseError', /not an object/],
    ['{"at":NaN}', 'ParseError', /malformed JSON/],
  ];
  it.each(refused)('fails %s', async (json, code, message) => {
    const { parquet, failures } = await convert([json, '{"id":"good"}']);

    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      code: `DataFormatConversion.${code}`,
      message: expect.stringMatching(message),
      text: json,
      index: 0,
    });
    expect(parquet.map(({ id }) => id)).toEqual(['good']);
  });

  it('fails only the bad object of a record with several, wherever the objects are split', async () => {
    const { parquet, failures } = await convert([
      '{"id":"a"}\n{"at":"bad"}\n{"id":"b"}\n',
      '{"id":"c"}{"id":"d"} {"id":"}{"}',
      '{\n  "id": "e"\n}\n{"id":"f"}',
      '\n{"id":"g"}\n  \n{"id":broken\n{"id":"h"}\n',
    ]);

    expect(parquet.map(({ id }) => id).sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '}{'].sort(),
    );
    expect(failures.map(({ record, index, text }) => [record.sequenceNumber, index, text])).toEqual(
      [
        ['3', 1, '{"id":broken'],
        ['0', 1, '{"at":"bad"}'],
      ],
    );
  });

  it('counts every object once where DuckDB sees other lines than were written', async () => {
    const { parquet } = await convert(['{"id":"a"}\r\n{"id":"b"}', '{"id":"c"}\r{"id":"d"}', '{}']);

    expect(parquet.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd', null]);
  });

  it('finds the bad lines among many', async () => {
    const texts = Array.from({ length: 400 }, (_, record) =>
      Array.from({ length: 50 }, (_, line) => {
        const id = record * 50 + line;
        return id % 7919 === 0 ? `{"id":"${id}","at":"x"}` : `{"id":"${id}","at":${id}}`;
      }).join('\n'),
    );

    const { rows, failures } = await convert(texts);

    expect(rows).toBe(20_000 - 3);
    expect(failures.map(({ text }) => text)).toEqual(
      [0, 7919, 15838].map((id) => `{"id":"${id}","at":"x"}`),
    );
  });

  it('comes to the same rows and failures by the fast way and by the closer look', async () => {
    const scalar = fc.oneof(
      fc.constantFrom(
        'null',
        'true',
        '"true"',
        '1.5',
        '1e3',
        '-0',
        '""',
        '" 7 "',
        '"+1"',
        '"1e400"',
        '1E400',
      ),
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.string({ maxLength: 8 }).map((value) => JSON.stringify(value)),
      fc.json({ maxDepth: 2 }),
    );
    const key = fc.constantFrom('id', 'at', 'count', 'price', 'bot', 'props', 'other', 'AT');
    const object = fc
      .array(fc.tuple(key, scalar), { maxLength: 4 })
      .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
    const objects = fc
      .sample(object, { numRuns: 3000, seed: 7 })
      .filter((text) => !text.includes('\n'));
    const utf8 = objects.map((text) => Buffer.from(text).toString('latin1'));
    // A numeric column compares as the type does; DuckDB writes a number in a string column its own way (1e3 as 1000.0).
    const columns = COLUMNS.filter(({ type }) => type !== 'string');

    const fast = await convert(utf8, columns);
    const slow = await convert(
      utf8.map((text) => ` ${text}`),
      columns,
    );

    const sorted = (rows: readonly object[]) =>
      rows
        .map((row) =>
          JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
        )
        .sort();
    expect(fast.rows).toBeGreaterThan(100);
    expect(fast.failures.length).toBeGreaterThan(100);
    expect(sorted(fast.parquet)).toEqual(sorted(slow.parquet));
    expect(fast.failures.map(({ text, message }) => `${text} ${message}`).sort()).toEqual(
      slow.failures.map(({ text, message }) => `${text} ${message}`).sort(),
    );
  });

  it('refuses column types that it does not implement, by name', async () => {
    await expect(convert(['{}'], [{ name: 'when', type: 'timestamp' }])).rejects.toThrow(
      /column when: type timestamp is not implemented/,
    );
  });
});
