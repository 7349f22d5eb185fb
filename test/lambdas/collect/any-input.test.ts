import fc from 'fast-check';
import { DEFAULT_PRIVACY } from '../../../core/privacy.ts';
import { Redactor } from '../../../lambdas/collect/privacy/redactor.ts';
import { KEYS, RECEIVED_AT, send } from './collector.ts';

const PATHS = ['/v1/track', '/v1/page', '/v1/identify', '/v1/group', '/v1/alias', '/v1/batch'];

/** One in some thousand numbers of many digits is a card's by all that can be told. */
const redactor = new Redactor(DEFAULT_PRIVACY);

/** Calls that are right, nearly right and wrong: keys of the spec with values of any kind. */
const call = fc.record(
  {
    type: fc.oneof(fc.constantFrom('track', 'page', 'identify', 'screen'), fc.jsonValue()),
    event: fc.oneof(fc.string(), fc.jsonValue()),
    userId: fc.oneof(fc.string(), fc.integer(), fc.jsonValue()),
    anonymousId: fc.oneof(fc.string(), fc.constant(null)),
    messageId: fc.oneof(fc.string({ maxLength: 100 }), fc.jsonValue()),
    timestamp: fc.oneof(fc.date({ noInvalidDate: true }), fc.jsonValue()),
    properties: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
    context: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
    traits: fc.jsonValue(),
    schema: fc.jsonValue(),
    writeKey: fc.oneof(fc.constant(KEYS.shop), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const batch = fc.record({
  batch: fc.array(fc.oneof(call, fc.jsonValue())),
  context: fc.jsonValue(),
});

describe('any JSON as a body', () => {
  it('never fails the function, and each event is either accepted and stored or refused and kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        fc.oneof(call, batch, fc.jsonValue()),
        async (path, body) => {
          const text = JSON.stringify(body);
          const { answer, error, sinks, records } = await send(path, text);

          if (answer === undefined) {
            expect([400, 401]).toContain(error?.status);
            expect(sinks.lines).toEqual([]);
            return;
          }
          const parsed = JSON.parse(text);
          const events = path === '/v1/batch' ? parsed.batch.length : 1;
          expect(answer.accepted + answer.refused.length).toBe(events);
          expect(records).toHaveLength(answer.accepted);
          expect(sinks.deadLetters).toHaveLength(answer.refused.length);
          for (const record of records) expectStorable(record);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('keeps properties of any kind as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { minKeys: 1 }),
        async (properties) => {
          const text = JSON.stringify({ event: 'x', userId: 'u', properties });
          fc.pre(!/\\u0000|\\ud[89a-f]/i.test(text));
          fc.pre(redactor.payload(text) === text);

          const { records } = await send('/v1/track', text);

          expect(JSON.parse(records[0]?.properties as string)).toEqual(JSON.parse(text).properties);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function expectStorable(record: Record<string, unknown>): void {
  for (const key of ['message_id', 'app_id', 'type', 'event']) {
    expect(typeof record[key]).toBe('string');
  }
  expect(record.anonymous_id ?? record.user_id).toEqual(expect.any(String));
  expect(record.event_at).toBeGreaterThanOrEqual(RECEIVED_AT - 60 * 86_400_000);
  expect(record.event_at).toBeLessThanOrEqual(RECEIVED_AT);
  const text = JSON.stringify(record);
  expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/i);
  expect(text.isWellFormed()).toBe(true);
}
