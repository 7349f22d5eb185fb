import { gzipSync } from 'node:zlib';
import { s3 } from '../../../../lambdas/runtime/clients/s3.ts';
import { KEYS } from '../collector.ts';
import { selfDescribing, TP2 } from '../protocols/snowplow/tracker.ts';
import { cart, DAY, lettersOf, startRedriver, Unnoted } from './redriver.ts';

/** More than a batch's context may have: the batch is refused whole, and its calls are one letter. */
const LARGE = { page: { title: 'x'.repeat(9_000) } };

let redriver: Awaited<ReturnType<typeof startRedriver>>;

beforeAll(async () => {
  redriver = await startRedriver();
});
beforeEach(() => redriver.clear());
afterAll(() => redriver.close());

const ids = (rows: readonly Record<string, unknown>[]) => rows.map(({ message_id: id }) => id);

async function lettersOfCalls() {
  return (await redriver.rows(`${DAY}/0-calls-of-`)).flatMap(({ rows }) => rows);
}

describe('a request that unpacks to too much', () => {
  it('is cut to nothing, whoever its visitor is', async () => {
    const body = gzipSync('x'.repeat(5_000_000)).toString('base64');
    const letters = await lettersOf('/v1/track', body, { isBase64Encoded: true });
    await redriver.put(letters);

    expect(await redriver.redrive()).toMatchObject({
      not_redrivable: 1,
      reasons: [{ code: 'payload_cut' }],
    });
  });
});

describe('a batch that was refused whole', () => {
  const batch = [cart('m1'), cart('m2', null), cart()];

  it('has letters of its calls without what is private by the rules of now', async () => {
    const [letter] = await lettersOf('/v1/batch', { batch, context: LARGE });
    const payload = letter?.payload.replace('"m2",', '"m2","note":"4111 1111 1111 1111",');
    await redriver.put([JSON.stringify({ ...letter, payload })]);

    await redriver.redrive();

    expect(await lettersOfCalls()).toMatchObject([
      { message_id: 'm2', payload: expect.stringContaining('"note":"[card]"') },
    ]);
  });

  it('and many like it are settled some at a time: each letter of a call repeats the context', async () => {
    const calls = [cart('m1'), ...Array.from({ length: 400 }, (_, i) => cart(`x${i}`, null))];
    const [letter] = await lettersOf('/v1/batch', { batch: calls, context: LARGE });
    const context = { page: { title: 'x'.repeat(8_000) } };
    const request = JSON.stringify({ ...JSON.parse(letter?.request ?? ''), context });
    const like = (id: string) => JSON.stringify({ ...letter, request, dead_letter_id: id });
    await redriver.put([like('one'), like('two')]);

    const page = await redriver.redrive({}, { hasTime: () => false });

    expect(page).toMatchObject({ found: 1, refused_calls: 400, cursor: { line: 1 } });
  });

  it('is settled with the calls that pass, and the others are letters of their own', async () => {
    const [letter, ...others] = await lettersOf('/v1/batch', { batch, context: LARGE });
    expect([letter?.code, others]).toEqual(['invalid_request', []]);
    await redriver.put([letter ?? '']);

    const dry = await redriver.redrive({ dry_run: true });
    const first = await redriver.redrive();
    const second = await redriver.redrive();

    const counts = { found: 1, passed: 1, events: 2, refused_calls: 1, failed: 0 };
    expect(dry).toMatchObject(counts);
    expect(first).toMatchObject({
      ...counts,
      reasons: [{ outcome: 'refused_call', code: 'schema_violation', count: 1 }],
    });
    expect(ids(redriver.sent)).toEqual(['m1', `${letter?.dead_letter_id}-3`]);
    expect(await lettersOfCalls()).toMatchObject([
      {
        dead_letter_id: `${letter?.dead_letter_id}-2`,
        part_of: letter?.dead_letter_id,
        received_at: letter?.received_at,
        app_id: 'shop',
        code: 'schema_violation',
        pointer: '/properties/quantity',
        schema: 'cart/1-0-1',
        message_id: 'm2',
        event: 'cart',
        payload: JSON.stringify(batch[1]),
        request: letter?.request,
      },
    ]);
    expect(second).toMatchObject({ found: 1, failed: 1, already_redriven: 1, refused_calls: 0 });
    expect(await redriver.notes()).toMatchObject([
      { dead_letter_id: `${letter?.dead_letter_id}-2`, outcome: 'failed' },
      { dead_letter_id: letter?.dead_letter_id, outcome: 'passed', events: 2 },
    ]);
  });

  it('that is ended before it is noted makes the same again, and nothing twice', async () => {
    await redriver.put(await lettersOf('/v1/batch', { batch, context: LARGE }));

    await redriver.redrive({}, { objects: new Unnoted(s3(), 'letters') });
    const before = await lettersOfCalls();
    await redriver.redrive({ code: ['invalid_request'] });

    expect(ids(redriver.sent).slice(2)).toEqual(ids(redriver.sent).slice(0, 2));
    expect(await lettersOfCalls()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it('takes back letters of calls that pass when it is sent again', async () => {
    const passing = [cart('m1'), cart('m2')];
    const [letter] = await lettersOf('/v1/batch', { batch: passing, context: LARGE });
    await redriver.put([letter ?? '']);
    const stale = `${DAY}/0-calls-of-${letter?.dead_letter_id}.jsonl`;
    await redriver.put([{ ...letter, dead_letter_id: 'stale' } as typeof letter & object], stale);

    const page = await redriver.redrive({ code: ['invalid_request'] }, {});

    expect(page).toMatchObject({ refused_calls: 0 });
    expect(await redriver.rows(stale)).toEqual([]);
  });

  it('is one letter still where none of its calls passes', async () => {
    const wrong = [cart('m1', null), cart('m2', null)];
    await redriver.put(await lettersOf('/v1/batch', { batch: wrong, context: LARGE }));

    const page = await redriver.redrive();

    expect(page).toMatchObject({ found: 1, passed: 0, failed: 1, refused_calls: 0 });
    expect(page.reasons[0]?.sample.message).toContain('(2 of 2 events)');
    expect(await lettersOfCalls()).toEqual([]);
  });

  it("of a Snowplow tracker is settled by event: a refused one's letter has its id and name", async () => {
    const event = (eid: string, properties: object) => ({
      ...{ e: 'ue', eid, aid: KEYS.shop, p: 'web', tv: 'js-4', duid: 'ann' },
      ue_pr: selfDescribing('iglu:com.acme/cart/jsonschema/1-0-0', properties),
    });
    const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';
    const unsigned = { authorization: undefined };
    const [letter] = await lettersOf(TP2, { schema, data: [event('m0', {})] }, unsigned);
    const payload = JSON.stringify({ batch: [event('m1', { quantity: 2 }), event('m2', {})] });
    await redriver.put([{ ...letter, code: 'too_many_events', payload } as typeof letter & object]);

    const page = await redriver.redrive();

    expect(page).toMatchObject({ passed: 1, events: 1, refused_calls: 1 });
    expect(ids(redriver.sent)).toEqual(['m1']);
    expect(await lettersOfCalls()).toMatchObject([
      {
        message_id: 'm2',
        event: 'cart',
        payload: JSON.stringify({ ...event('m2', {}), aid: '[key]' }),
      },
    ]);
    expect((await redriver.redrive()).reasons).toMatchObject([{ code: 'schema_violation' }]);
  });

  it("makes of a refused call's letter what the batch would have made of it", async () => {
    const [letter] = await lettersOf('/v1/batch', { batch: [cart(), cart()], context: LARGE });
    const call = {
      ...letter,
      dead_letter_id: `${letter?.dead_letter_id}-2`,
      part_of: letter?.dead_letter_id,
      code: 'invalid_request',
      payload: JSON.stringify(cart()),
    } as typeof letter & object;
    await redriver.put([letter ?? '', call]);

    await redriver.redrive();

    const [, inBatch, alone] = redriver.sent;
    expect(redriver.sent).toHaveLength(3);
    expect(alone).toEqual(inBatch);
  });
});

describe('a refused alias of a merge', () => {
  it.each<[string, { messageId?: string }]>([
    ['without a message id', {}],
    ['with one', { messageId: 'm-1' }],
  ])('is sent again alone, with the id that it had: %s', async (_, more) => {
    const mergeProperties = [
      { type: 'deviceId', value: 'd-1' },
      { type: 'crmId', value: { not: 'an id' } },
    ];
    const [letter, ...others] = await lettersOf('/v1/merge', {
      userId: 'u-1',
      ...more,
      mergeProperties,
    });
    expect(others).toEqual([]);
    const payload = String(letter?.payload).replace('{"not":"an id"}', '"c-1"');
    await redriver.put([{ ...letter, payload } as typeof letter & object]);

    const page = await redriver.redrive();

    expect(page).toMatchObject({ passed: 1, events: 1 });
    expect(redriver.sent).toMatchObject([
      { user_id: 'u-1', previous_id: 'c-1', message_id: letter?.message_id },
    ]);
    expect(letter?.message_id).toMatch(more.messageId ? /^m-1\/1$/ : /^[0-9a-f-]{36}\/1$/);
  });
});
