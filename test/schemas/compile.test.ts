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

  it.each([
    ['Cart Viewed/1-0-0.json', '{}', 'schema folder "Cart Viewed": a name in lower case is needed'],
    [
      'cart/1.0.0.json',
      '{}',
      'schema file cart/1.0.0.json: a name of the form <major>-<minor>-<patch>.json',
    ],
    ['cart/1-0-0.json', '{', '1-0-0.json is no JSON'],
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
  ] as const)('%s %j: %s', (call, value, passes) => {
    expect(envelopes[call](value)).toBe(passes);
  });
});
