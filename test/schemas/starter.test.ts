import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events } from '#validators';
import { schemaFolder } from '../../core/schema-folder.ts';
import { CALL_FOLDERS, readEventSchemas } from '../../schemas/read.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/payloads/segment');

const SCHEMAS = readEventSchemas(join(import.meta.dirname, '../../schemas'));

interface Described {
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Call {
  readonly event: string;
  readonly properties: unknown;
}

/** Every track call of Segment's documentation for which there is a schema. */
function documentedCalls(): Call[] {
  const found: Call[] = [];
  const { calls } = JSON.parse(readFileSync(join(DATA, 'track-calls.json'), 'utf8')) as {
    readonly calls: readonly { readonly call: string; readonly args: readonly unknown[] }[];
  };
  for (const { call, args } of calls) {
    const [event, properties = {}] = args;
    if (call === 'track' && typeof event === 'string') found.push({ event, properties });
  }
  const gather = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { event, properties = {} } = value as Partial<Call>;
    if (typeof event === 'string') found.push({ event, properties });
    Object.values(value).forEach(gather);
  };
  gather(JSON.parse(readFileSync(join(DATA, 'segment-docs-payloads.json'), 'utf8')));
  return found.filter(({ event }) => schemaFolder(event) in events);
}

function refusals({ event, properties }: Call): string[] {
  return (events[schemaFolder(event)] ?? []).flatMap(({ version, validate }) =>
    validate(properties)
      ? []
      : `${event} ${version}: ${validate.errors?.[0]?.instancePath} ${validate.errors?.[0]?.message}`,
  );
}

test('the schemas of the interaction calls pass the examples that they show, and describe every property', () => {
  for (const folder of CALL_FOLDERS) {
    const { schema } = SCHEMAS.find(({ event }) => event === folder) ?? { schema: {} };
    const { examples = [], properties = {} } = schema as Described;
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(events[folder]?.map(({ validate }) => validate(example))).toEqual([true]);
    }
    for (const property of Object.values(properties)) expect(property.description).toBeTruthy();
  }
});

describe('the schemas for e-commerce events', () => {
  const calls = documentedCalls();

  it('pass every call of the documentation of the spec', () => {
    expect(new Set(calls.map(({ event }) => event)).size).toBeGreaterThanOrEqual(24);
    expect(calls.flatMap(refusals)).toEqual([]);
  });

  it.each([
    ['Product Viewed', {}],
    ['Product Viewed', { price: '18.99', quantity: '1', product_id: 12, sku: null, mine: [1] }],
    ['Order Completed', { total: '27.50', products: null, currency: 'usd' }],
    ['Order Completed', { orderId: 'as version 1 of the spec had it' }],
    ['Checkout Step Viewed', { step: '2' }],
  ])('pass what clients send: %s %j', (event, properties) => {
    expect(refusals({ event, properties })).toEqual([]);
  });

  it.each([
    ['Product Viewed', { price: 'cheap' }, '/price'],
    ['Order Refunded', { products: [{ price: {} }] }, '/products/0/price'],
    ['Cart Viewed', { products: 'p-1' }, '/products'],
    ['Order Completed', { currency: 'Euro' }, '/currency'],
  ])('refuse what is surely wrong: %s %j', (event, properties, pointer) => {
    expect(refusals({ event, properties })).toEqual([
      expect.stringContaining(`${event} 1-0-0: ${pointer} `),
    ]);
  });
});
