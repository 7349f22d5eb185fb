import fc from 'fast-check';
import { checkKeys } from '../../../lambdas/collect/keys.ts';
import { recordOf, send } from './collector.ts';

const track = { event: 'x', anonymousId: 'a' };
const key = (length: number) => 'k'.repeat(length);
/** An object with so many keys. */
const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, i) => [i, 1]));

describe('the keys of an event', () => {
  it.each([
    ['of 256 characters', { [key(256)]: 1 }],
    ['of 1,000 in all', wide(997)],
    ['of 1,000 in all, in nested objects', { a: wide(498), b: [wide(497)] }],
    ['beside texts of any length', { text: `${key(300)}": ` }],
    ['beside lists of any length', { list: Array.from({ length: 5000 }, () => 1) }],
  ])('%s are stored', async (_, properties) => {
    const record = await recordOf('/v1/track', { ...track, properties });

    expect(JSON.parse(String(record.properties))).toEqual(properties);
  });

  it.each([
    [
      { [key(257)]: 1 },
      '/properties',
      '/properties has a key of 257 characters, "kkkk',
      'at most 256 are allowed',
    ],
    [
      { 'a/b': [0, { [`"${key(256)}`]: 1 }] },
      '/properties/a~1b/1',
      '/properties/a~1b/1 has a key of 257 characters',
      'at most 256 are allowed',
    ],
    [wide(998), '', 'the event has 1002 keys in its objects', 'at most 1000 are allowed together'],
    [{ a: wide(500), b: [wide(500)] }, '', 'the event has 1006 keys', 'at most 1000'],
  ])('beyond the limits refuse it: %#', async (properties, pointer, got, allowed) => {
    const { answer, sinks } = await send('/v1/batch', {
      batch: [
        { type: 'track', ...track, properties },
        { type: 'track', ...track },
      ],
    });

    const message = expect.stringMatching(`^${got}.*: ${allowed}`);
    expect(answer).toMatchObject({
      accepted: 1,
      refused: [{ code: 'invalid_event', pointer, message }],
    });
    expect(sinks.deadLetters).toMatchObject([{ code: 'invalid_event', pointer }]);
  });

  it('of the call itself are counted and measured, too', async () => {
    const { answer } = await send('/v1/track', { ...track, [key(300)]: 1 });

    expect(answer?.refused).toMatchObject([
      { pointer: '', message: expect.stringContaining('the event has a key of 300 characters') },
    ]);
  });

  it('are found wherever a long one stands', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', '\n'), maxLength: 400 });
    fc.assert(
      fc.property(
        fc.object({ key: text, values: [text, fc.integer()], maxKeys: 4, maxDepth: 2 }),
        (event) => {
          const keys: string[] = [];
          JSON.stringify(event, (name, value) => {
            keys.push(name);
            return value as unknown;
          });
          const check = () => checkKeys(event, JSON.stringify(event));

          if (keys.some((name) => name.length > 256)) expect(check).toThrow('has a key of');
          else expect(check).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
});
