import { events } from '#validators';
import { INTERACTION_TYPES } from '../../../core/event.ts';
import { interactionFolder } from '../../../core/schema-folder.ts';
import { CALL_FOLDERS } from '../../../schemas/read.ts';
import { basic, KEYS, recordOf, send } from './collector.ts';

const PAGE = 'https://shop.example/product/7';
/** A call of each type, as a client sends it, and what the columns hold of it. */
const CALLS = [
  [
    '/v1/click',
    { target: '#buy', elapsed_ms: 1840.6, url: PAGE, button: 'left' },
    { type: 'click', target: '#buy', elapsed_ms: 1841, url: PAGE },
  ],
  [
    '/v1/url-change',
    { from: PAGE, to: 'https://shop.example/cart?step=2#top', elapsed_ms: 12_650 },
    {
      type: 'url_change',
      url: 'https://shop.example/cart?step=2#top',
      path: '/cart',
      search: '?step=2',
      referrer: PAGE,
      elapsed_ms: 12_650,
    },
  ],
  [
    '/v1/element-time',
    { target: '/html/body/form/button[1]', mode: 'leave', elapsed_ms: 730, url: PAGE },
    { type: 'element_time', target: '/html/body/form/button[1]', elapsed_ms: 730, url: PAGE },
  ],
  [
    '/v1/stage-change',
    { stage: 'checkout', trigger: 'click', previous_stage: 'cart', elapsed_ms: 0, target: '#go' },
    { type: 'stage_change', target: '#go', elapsed_ms: 0 },
  ],
] as const;
const [CLICK, URL_CHANGE, ELEMENT_TIME, STAGE_CHANGE] = CALLS.map(([, properties]) => properties);

describe('a raw interaction', () => {
  it.each(CALLS)(
    'at %s is stored with its columns and properties',
    async (path, properties, columns) => {
      const record = await recordOf(path, { anonymousId: 'a', messageId: 'm', properties });

      expect(record).toMatchObject({
        ...columns,
        event: columns.type,
        message_id: 'm',
        schema: `_${columns.type}/1-0-0`,
      });
      expect(JSON.parse(String(record.properties))).toEqual(properties);
    },
  );

  it('comes in a batch, by its type, beside other calls', async () => {
    const batch = CALLS.map(([, properties, { type }]) => ({ type, userId: 'u', properties }));

    const { answer, records } = await send('/v1/batch', {
      batch: [...batch, { type: 'track', event: 'x', userId: 'u' }],
    });

    expect(answer).toMatchObject({ accepted: 5, refused: [] });
    expect(records).toMatchObject([...CALLS.map(([, , columns]) => columns), { type: 'track' }]);
  });

  it('takes the page of the context, as other calls do', async () => {
    const context = { page: { url: PAGE, path: '/product/7', title: 'Hat' } };

    const record = await recordOf('/v1/click', {
      anonymousId: 'a',
      context,
      properties: { target: 'a' },
    });

    expect(record).toMatchObject({ url: PAGE, path: '/product/7', title: 'Hat' });
  });

  it('of a URL is about the page that was reached, even where the context is of the one that was left', async () => {
    const context = {
      page: { url: PAGE, path: '/product/7', search: '?old', referrer: 'https://x.example/' },
    };

    const record = await recordOf('/v1/url-change', {
      anonymousId: 'a',
      context,
      properties: { from: '/product/7', to: '/cart' },
    });

    expect(record).toMatchObject({ url: '/cart', path: '/cart', referrer: '/product/7' });
    expect(record.search).toBeUndefined();
  });

  it('needs no schema of the app, where that takes only known events', async () => {
    const call = { anonymousId: 'a', properties: CLICK };

    const { answer } = await send('/v1/click', call, { authorization: basic(KEYS.strict) });

    expect(answer).toMatchObject({ accepted: 1, refused: [] });
  });

  it("never shares a schema with a team's own event of the same name", async () => {
    const own = await recordOf('/v1/track', { anonymousId: 'a', event: 'click', properties: {} });
    const { answer } = await send('/v1/track', {
      anonymousId: 'a',
      event: 'click',
      schema: '_click/1',
    });

    expect([own.type, own.event, own.schema]).toEqual(['track', 'click', undefined]);
    expect(answer?.refused).toMatchObject([{ code: 'unknown_event', pointer: '/schema' }]);
  });

  it.each(['_click/1', '_click/1-0-0'])('may name its schema: %s', async (schema) => {
    const record = await recordOf('/v1/click', { anonymousId: 'a', properties: CLICK, schema });

    expect(record.schema).toBe('_click/1-0-0');
  });
});

describe('a raw interaction is refused', () => {
  const long = (length: number) => 'x'.repeat(length);
  const of = (properties: object | undefined, more: object) => ({ ...properties, ...more });

  it.each([
    ['click', { url: PAGE }, '/properties/target', '/properties/target is missing'],
    ['click', { target: '' }, '/properties/target', 'is "": at least one character is needed'],
    ['click', { target: 7 }, '/properties/target', 'is 7: string is allowed'],
    ['click', { target: long(2049) }, '/properties/target', 'at most 2048 characters are allowed'],
    [
      'click',
      of(CLICK, { elapsed_ms: -1 }),
      '/properties/elapsed_ms',
      'is -1: at least 0 is allowed',
    ],
    [
      'click',
      of(CLICK, { elapsed_ms: 1_763_000_000_000 }),
      '/properties/elapsed_ms',
      'is 1763000000000: at most 31536000000 is allowed',
    ],
    [
      'click',
      of(CLICK, { elapsed_ms: '5' }),
      '/properties/elapsed_ms',
      'is "5": number or null is allowed',
    ],
    [
      'click',
      of(CLICK, { url: long(8193) }),
      '/properties/url',
      'at most 8192 characters are allowed',
    ],
    ['url-change', { to: PAGE }, '/properties/from', '/properties/from is missing'],
    ['url-change', { from: PAGE }, '/properties/to', '/properties/to is missing'],
    ['url-change', of(URL_CHANGE, { to: long(8193) }), '/properties/to', 'at most 8192 characters'],
    [
      'url-change',
      of(URL_CHANGE, { elapsed_ms: -0.5 }),
      '/properties/elapsed_ms',
      'is -0.5: at least 0',
    ],
    [
      'element-time',
      of(ELEMENT_TIME, { mode: 'hover' }),
      '/properties/mode',
      'one of ["leave","click"]',
    ],
    ['element-time', { target: 'a', mode: 'leave' }, '/properties/elapsed_ms', 'is missing'],
    [
      'element-time',
      of(ELEMENT_TIME, { elapsed_ms: null }),
      '/properties/elapsed_ms',
      'is null: number is allowed',
    ],
    ['stage-change', { trigger: 'url' }, '/properties/stage', '/properties/stage is missing'],
    ['stage-change', { stage: 'pricing' }, '/properties/trigger', '/properties/trigger is missing'],
    [
      'stage-change',
      of(STAGE_CHANGE, { trigger: 'key' }),
      '/properties/trigger',
      'one of ["click","url"]',
    ],
    ['stage-change', of(STAGE_CHANGE, { stage: long(257) }), '/properties/stage', 'at most 256'],
  ])('%s %j', async (path, properties, pointer, message) => {
    const call = { type: path.replace('-', '_'), anonymousId: 'a', properties };

    const alone = await send(`/v1/${path}`, call);
    const inBatch = await send('/v1/batch', { batch: [call] });

    const refusal = {
      index: 0,
      message_id: null,
      code: 'schema_violation',
      pointer,
      message: expect.stringContaining(message),
    };
    expect([alone.answer?.refused, inBatch.answer?.refused]).toEqual([[refusal], [refusal]]);
    expect(alone.sinks.deadLetters).toMatchObject([
      { code: 'schema_violation', pointer, schema: `_${call.type}/1-0-0`, type: call.type },
    ]);
  });

  it.each([
    [{ anonymousId: 'a' }, 'invalid_event', '/properties', '/properties is missing'],
    [{ anonymousId: 'a', properties: null }, 'invalid_event', '/properties', 'object is allowed'],
    [{ properties: CLICK }, 'missing_id', '', 'anonymousId and userId are both missing'],
    [
      { anonymousId: 'a', type: 'track', properties: CLICK },
      'invalid_event',
      '/type',
      '/type is "track": the path takes click calls only',
    ],
    [
      { anonymousId: 'a', properties: CLICK, schema: 'click/1' },
      'unknown_event',
      '/schema',
      'allowed are _click/1-0-0',
    ],
  ])('as any other call: %j', async (call, code, pointer, message) => {
    const { answer } = await send('/v1/click', call);

    expect(answer?.refused).toMatchObject([
      { code, pointer, message: expect.stringContaining(message) },
    ]);
  });
});

test('every interaction call has a schema in the folder that the compiler knows', () => {
  const folders = INTERACTION_TYPES.map(interactionFolder);

  expect([...CALL_FOLDERS]).toEqual(folders);
  expect(folders.filter((folder) => !events[folder]?.length)).toEqual([]);
});
