import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { envelopes } from '#validators';
import { compileValidators } from '../../schemas/compile.ts';

const SCHEMAS = join(import.meta.dirname, '../../schemas');

/** A schemas folder with the real envelope and these files beside it. */
function schemasWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  const envelope = Object.fromEntries(
    ['common', ...Object.keys(envelopes)].map((name) => [
      `envelope/${name}.json`,
      readFileSync(join(SCHEMAS, 'envelope', `${name}.json`), 'utf8'),
    ]),
  );
  for (const [name, text] of Object.entries({ ...envelope, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('compileValidators', () => {
  it('makes one module without imports that holds every version of every event', async () => {
    const folder = schemasWith({
      'cart_viewed/1-0-0.json': '{"type":"object","required":["cart_id"]}',
      'cart_viewed/2-0-10.json': '{"type":"object","required":["id"]}',
    });
    const out = join(folder, 'out/validators.mjs');

    compileValidators(folder, out);

    const made = await import(pathToFileURL(out).href);
    expect(readFileSync(out, 'utf8')).not.toMatch(/^import |require\("/m);
    expect(
      made.events.cart_viewed.map((schema: { version: string }) => schema.version).sort(),
    ).toEqual(['1-0-0', '2-0-10']);
    expect(made.events.cart_viewed[0].validate({ cart_id: 'c1' })).toBe(true);
    expect(made.envelopes.track({ event: 'x' })).toBe(true);
    expect(made.envelopes.track({})).toBe(false);
  });

  it('takes draft 7 beside 2020-12', async () => {
    const draft7 = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        pair: { type: 'array', items: [{ type: 'string' }], additionalItems: false, minItems: 1 },
      },
    };
    const folder = schemasWith({
      'old/1-0-0.json': JSON.stringify(draft7),
      'new/1-0-0.json':
        '{"type":"object","properties":{"pair":{"type":"array","prefixItems":[{"type":"string"}],"items":false,"minItems":1}}}',
    });
    const out = join(folder, 'out/validators.mjs');

    compileValidators(folder, out);

    const { events } = await import(pathToFileURL(out).href);
    const pairs = [['a'], [1], ['a', 2]].map((pair) => ({ pair }));
    expect(pairs.map(events.old[0].validate)).toEqual([true, false, false]);
    expect(pairs.map(events.new[0].validate)).toEqual([true, false, false]);
  });

  it('shares the validators of definitions that several schemas hold, and keeps their errors apart', async () => {
    const amount = { type: ['number', 'string'], pattern: '^[0-9]+$', $comment: 'shared-once' };
    const schema = (name: string): string =>
      JSON.stringify({
        title: name,
        type: 'object',
        properties: { [name]: { $ref: '#/$defs/amount' }, default: { $ref: '#/$defs/amount' } },
        $defs: { amount, tree: { type: 'object', properties: { down: { $ref: '#/$defs/tree' } } } },
      });
    const plain = (name: string): string =>
      JSON.stringify({
        type: 'object',
        properties: { [name]: { $ref: '#/$defs/amount' } },
        $defs: { amount },
      });
    const folder = schemasWith({
      'a/1-0-0.json': schema('a'),
      'b/1-0-0.json': plain('b'),
      'c/1-0-0.json': plain('c'),
      'd/1-0-0.json': plain('c'),
      'tree/1-0-0.json':
        '{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"t":{"$ref":"#/$defs/t"},"n":{"type":"null"}}}}}',
    });
    const out = join(folder, 'out/validators.mjs');

    compileValidators(folder, out);

    const { events } = await import(pathToFileURL(out).href);
    expect(events.a[0].validate({ a: '1', default: 'x' })).toBe(false);
    expect(events.a[0].validate.errors[0].instancePath).toBe('/default');
    expect(events.b[0].validate({ b: 'x' })).toBe(false);
    expect(events.b[0].validate.errors[0].instancePath).toBe('/b');
    expect(events.c[0].validate).toBe(events.d[0].validate);
    expect(events.tree[0].validate({ t: { t: { n: 1 } } })).toBe(false);
    expect(events.tree[0].validate({ t: { t: { n: null } } })).toBe(true);
  });

  it.each([
    ['Cart Viewed/1-0-0.json', '{}', 'schema folder "Cart Viewed": a name in lower case is needed'],
    [
      'cart/1.0.0.json',
      '{}',
      'schema file cart/1.0.0.json: a name of the form <major>-<minor>-<patch>.json',
    ],
    ['_cart/1-0-0.json', '{}', 'schema folder "_cart": a name in lower case is needed'],
    ['cart/1-0-0.json', '{', '1-0-0.json is no JSON'],
    ['cart/1-0-0.json', '[]', '1-0-0.json is no object'],
    [
      'cart/1-0-0.json',
      '{"$schema":"http://json-schema.org/draft-04/schema#"}',
      'schema cart/1-0-0.json: $schema is "http://json-schema.org/draft-04/schema#": allowed are',
    ],
    ['cart/1-0-0.json', '{"type":"objekt"}', 'schema cart/1-0-0.json:'],
    [
      'cart/1-0-0.json',
      '{"tpye":"object"}',
      'schema cart/1-0-0.json: strict mode: unknown keyword: "tpye"',
    ],
  ])('names %s where it is wrong', (file, text, message) => {
    const folder = schemasWith({ [file]: text });

    expect(() => compileValidators(folder, join(folder, 'out.mjs'))).toThrow(message);
  });
});

describe('envelopes', () => {
  it.each([
    ['track', { event: 'Signed Up', userId: 1, properties: null, context: {} }, true],
    ['track', { event: '' }, false],
    ['track', { event: 1 }, false],
    ['track', { event: 'x', properties: [] }, false],
    ['track', { event: 'x', messageId: 'm'.repeat(101) }, false],
    ['page', {}, true],
    ['screen', { name: null }, true],
    ['identify', { traits: 'pro' }, false],
    ['group', { userId: 'u' }, false],
    ['alias', { userId: 'u', previousId: 'a' }, true],
    ['alias', { userId: 'u' }, false],
    ['click', { properties: {} }, true],
    ['stage_change', { properties: null }, false],
  ] as const)('%s %j: %s', (call, value, passes) => {
    expect(envelopes[call](value)).toBe(passes);
  });
});
