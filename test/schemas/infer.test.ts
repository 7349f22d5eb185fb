import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { inferSchema } from '../../schemas/infer.ts';

function propertiesOf(sample: readonly Record<string, unknown>[]): unknown {
  return inferSchema('Signed Up', sample).properties;
}

describe('inferSchema', () => {
  it('finds types, what is always there, and leaves objects open', () => {
    const schema = inferSchema('Signed Up', [
      { id: 1, price: 1, plan: 'pro', tags: ['a', 1] },
      { id: 2, price: 2.5, plan: null, address: { zip: '1' } },
    ]);

    expect(schema).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Signed Up',
      description: 'Inferred from 2 events: look it through before it is used.',
      type: 'object',
      properties: {
        address: { type: 'object', properties: { zip: { type: 'string' } }, required: ['zip'] },
        id: { type: 'integer' },
        plan: { type: ['null', 'string'] },
        price: { type: 'number' },
        tags: { type: 'array', items: { type: ['integer', 'string'] } },
      },
      required: ['id', 'plan', 'price'],
    });
  });

  it.each([
    ['date-time', ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.123+01:00']],
    ['uri', ['https://example.com/a', 'http://example.com']],
    ['email', ['ada@example.com', 'bob@example.org']],
    ['uuid', ['8f14e45f-ceea-467f-a8f1-0d2b1c2d3e4f', '00000000-0000-0000-0000-000000000000']],
  ])('finds the format %s where all texts have it', (format, texts) => {
    const having = propertiesOf(texts.map((text) => ({ text })));
    const mixed = propertiesOf([...texts, 'other'].map((text) => ({ text })));

    expect(having).toEqual({ text: { type: 'string', format } });
    expect(mixed).toEqual({ text: { type: 'string' } });
  });

  it('guesses an enum of few values in many rows only', () => {
    const rows = (count: number, values: number) =>
      Array.from({ length: count }, (_, i) => ({ plan: `p${i % values}` }));

    expect(propertiesOf(rows(60, 2))).toEqual({ plan: { type: 'string', enum: ['p0', 'p1'] } });
    expect(propertiesOf(rows(20, 2))).toEqual({ plan: { type: 'string' } });
    expect(propertiesOf(rows(60, 7))).toEqual({ plan: { type: 'string' } });
  });

  it('says that an empty sample is none', () => {
    expect(() => inferSchema('x', [])).toThrow('the sample is empty: at least one event is needed');
  });

  it('describes no property that every object inherits: objects without it would be refused', () => {
    expect(propertiesOf([{ toString: 0 }, {}])).toEqual({});
  });

  it('makes a schema that compiles and passes the whole sample', () => {
    const rows = fc.array(
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 1 }), {
        noNullPrototype: true,
      }),
      { minLength: 1, maxLength: 5 },
    );
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
    addFormats.default(ajv);
    fc.assert(
      fc.property(rows, (sample) => {
        const validate = ajv.compile(inferSchema('x', sample));
        expect(sample.filter((row) => !validate(row))).toEqual([]);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 50) },
    );
  });
});
