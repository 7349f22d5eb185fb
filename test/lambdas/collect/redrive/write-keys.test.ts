import type { App } from '../../../../core/config.ts';
import { parseConfig } from '../../../../core/config-schema.ts';
import type { DeadLetter } from '../../../../core/event.ts';
import { collect } from '../../../../lambdas/collect/collect.ts';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import { MAX_LATE_DAYS } from '../../../../lambdas/collect/limits.ts';
import { recheck } from '../../../../lambdas/collect/redrive/recheck.ts';
import type { CollectRequest } from '../../../../lambdas/collect/request.ts';
import { HttpError } from '../../../../lambdas/runtime/http-error.ts';
import { basic, MemorySinks, RECEIVED_AT } from '../collector.ts';
import { base64, selfDescribing, TP2 } from '../protocols/snowplow/tracker.ts';

const PUBLIC = 'wk_shop_public';
const SERVER = 'k7-4111111111111111_Zt';
const BLOG = 'wk_blog_secret';
const OLD = '2020-02-02T02:02:02Z';
/** What an old time becomes where its key is not trusted with it. */
const OLDEST = RECEIVED_AT - MAX_LATE_DAYS * 86_400_000;

/** Two apps that refuse events which no schema describes, or take them. */
const configOf = (unknownEvents: 'accept' | 'refuse') =>
  parseConfig({
    apps: [
      {
        id: 'shop',
        writeKeys: [{ key: PUBLIC }, { key: SERVER, kind: 'server' }],
        readKeys: [],
        snowplow: { appIds: ['shop-web'] },
        unknownEvents,
      },
      { id: 'blog', writeKeys: [{ key: BLOG, kind: 'server' }], readKeys: [], unknownEvents },
    ],
  });
const refusing = configOf('refuse');
const mended = configOf('accept');

interface Sent extends Partial<CollectRequest> {
  readonly path: string;
  readonly json?: unknown;
}

/** What is stored of a request. Ids that the server makes are this one. */
async function stored({ json, ...sent }: Sent, config = refusing, id?: string) {
  const sinks = new MemorySinks();
  const made = createCollector(config);
  const newId = () => id ?? made.newId();
  const collector = { ...made, newId, newVisitorId: newId };
  const request: CollectRequest = {
    method: 'POST',
    body: json === undefined ? '' : JSON.stringify(json),
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...sent,
  };
  try {
    const route = collector.routes.of(request.method, request.path);
    await collect(request, route, collector, sinks);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
  }
  return sinks;
}

function redriven(letter: DeadLetter): Record<string, unknown>[] {
  const app = mended.apps.find(({ id }) => id === letter.app_id) as App;
  const result = recheck(letter, app, createCollector(mended));
  if (result.outcome !== 'passed') throw new Error(JSON.stringify(result));
  return result.lines.map(({ json }) => JSON.parse(json));
}

const track = (id: string, more: object = {}) => ({
  type: 'track',
  event: 'New Event',
  messageId: id,
  anonymousId: 'ann',
  timestamp: OLD,
  ...more,
});
const batch = (...events: object[]) => ({ path: '/v1/batch', json: { batch: events } });
const tracked = (more: object) => ({
  ...{ e: 'ue', eid: 'm1', p: 'web', tv: 'js-4', duid: 'ann' },
  dtm: String(Date.parse(OLD)),
  ue_pr: selfDescribing('iglu:com.acme/new_event/jsonschema/1-0-0', { plan: 'pro' }),
  ...more,
});
const payload = (...data: object[]) => ({
  schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
  data,
});
const IGLU = '/com.snowplowanalytics.iglu/v1';
const iglu = (key: string) =>
  `schema=iglu:com.acme/new_event/jsonschema/1-0-0&aid=${key}&eid=m1&nuid=ann`;
const pixelOf = (parameters: Record<string, string>) => ({
  method: 'GET',
  query: new URLSearchParams(parameters).toString(),
});

const SENT: [string, (key: string) => Sent][] = [
  ['a call', (key) => ({ path: '/v1/track', json: track('m1', { writeKey: key }) })],
  ['a call of a batch', (key) => batch(track('m1', { writeKey: key }))],
  [
    'a call of a batch that names it, beside a time and a context',
    (key) => ({
      path: '/v1/batch',
      json: {
        writeKey: key,
        batch: [track('m1')],
        sentAt: '2026-11-21T18:00:00Z',
        context: { library: { name: 'site' }, campaign: { name: 'x' } },
      },
    }),
  ],
  [
    'a call with JSON that escapes what it need not',
    (key) => ({
      path: '/v1/track',
      body: JSON.stringify(track('m1', { writeKey: key })).replace('_', '\\u005f'),
    }),
  ],
  [
    "RudderStack's beacon",
    (key) => ({
      path: '/beacon/v1/batch',
      query: `writeKey=${key}`,
      json: { batch: [track('m1', { writeKey: key })] },
    }),
  ],
  [
    "Segment's pixel",
    (key) => ({
      path: '/v1/pixel/track',
      ...pixelOf({ data: base64(JSON.stringify(track('m1', { writeKey: key }))) }),
      authorization: basic(key),
    }),
  ],
  [
    "RudderStack's pixel of parameters",
    (key) => ({
      path: '/pixel/v1/track',
      ...pixelOf({ writeKey: key, event: 'New Event', messageId: 'm1', anonymousId: 'ann' }),
    }),
  ],
  [
    'our pixel',
    (key) => ({ path: '/v1/x', ...pixelOf({ k: key, e: 'New Event', m: 'm1', a: 'ann' }) }),
  ],
  [
    'a webhook',
    (key) => ({
      path: '/v1/webhook',
      query: `writeKey=${key}&list=news`,
      webhookId: 'm1',
      json: { plan: 'pro' },
    }),
  ],
  [
    'a webhook by GET',
    (key) => ({ path: '/v1/webhook', ...pixelOf({ writeKey: key, plan: 'x' }) }),
  ],
  ['a Snowplow tracker', (key) => ({ path: TP2, json: payload(tracked({ aid: key })) })],
  [
    'a Snowplow tracker with its app id in the query',
    (key) => ({ path: TP2, query: `aid=${key}`, json: payload(tracked({})) }),
  ],
  ['a Snowplow pixel', (key) => ({ path: '/i', ...pixelOf(tracked({ aid: key }) as never) })],
  ["Snowplow's webhook", (key) => ({ path: IGLU, query: iglu(key), json: { plan: 'pro' } })],
  [
    "Snowplow's webhook by GET",
    (key) => ({ path: IGLU, method: 'GET', query: `${iglu(key)}&plan=pro` }),
  ],
];

describe('a dead letter', () => {
  describe.each([
    ['public', PUBLIC],
    ['server', SERVER],
  ])('of a %s key', (_kind, key) => {
    it.each(SENT)(
      'is kept without it, and sent again as what came: %s',
      async (_what, sentWith) => {
        const { deadLetters } = await stored(sentWith(key));
        const [letter] = deadLetters as [DeadLetter];
        const { lines } = await stored(sentWith(key), mended, letter.dead_letter_id);
        // As letters were kept before.
        const old = { ...letter, payload: letter.payload.replaceAll('[key]', key) };

        const again = redriven(letter);

        expect(JSON.stringify(deadLetters)).not.toContain(key);
        expect(deadLetters).toHaveLength(1);
        expect(lines).toHaveLength(1);
        expect(again).toEqual(lines.map(({ json }) => JSON.parse(json)));
        expect(redriven(old)).toEqual(again);
      },
    );
  });

  it('of a batch with keys of several kinds and apps has none of them, and their trust', async () => {
    const events = [PUBLIC, SERVER, BLOG].map((writeKey, i) => track(`m${i}`, { writeKey }));

    const { deadLetters } = await stored(batch(...events));

    const again = deadLetters.flatMap(redriven);
    expect(JSON.stringify(deadLetters)).not.toMatch(`${PUBLIC}|${SERVER}|${BLOG}`);
    expect(again).toMatchObject([
      { app_id: 'shop', message_id: 'm0', event_at: OLDEST },
      { app_id: 'shop', message_id: 'm1', event_at: Date.parse(OLD) },
      { app_id: 'blog', message_id: 'm2', event_at: Date.parse(OLD) },
    ]);
  });

  it('of calls of a batch that is refused whole has none of them, and their trust', async () => {
    const merge = {
      ...{ type: 'merge', messageId: 'm3', userId: 'u-1', writeKey: SERVER },
      mergeProperties: [{ type: 'deviceId', value: 'd-1' }],
    };
    const events = [PUBLIC, SERVER, BLOG].map((writeKey, i) => track(`m${i}`, { writeKey }));
    const json = { batch: [...events, merge], context: { note: 'x'.repeat(9_000) } };

    const { deadLetters } = await stored({ path: '/v1/batch', json });

    expect(deadLetters).toHaveLength(3);
    expect(JSON.stringify(deadLetters)).not.toMatch(`${PUBLIC}|${SERVER}|${BLOG}`);
    expect(deadLetters.flatMap(redriven)).toMatchObject([
      { app_id: 'shop', message_id: 'm0', event_at: OLDEST },
      { app_id: 'shop', message_id: 'm1', event_at: Date.parse(OLD) },
      { app_id: 'shop', message_id: 'm3', previous_id: 'd-1' },
      { app_id: 'blog', message_id: 'm2', event_at: Date.parse(OLD) },
    ]);
  });

  it('of a payload that is refused whole has none, and is sent again once it is right', async () => {
    const json = { ...payload(tracked({ aid: SERVER })), schema: 'iglu:none' };
    const { deadLetters } = await stored({ path: TP2, json });
    const [letter] = deadLetters as [DeadLetter];
    const right = { ...letter, payload: letter.payload.replace('iglu:none', payload().schema) };

    const [event] = redriven(right);

    expect(JSON.stringify(deadLetters)).not.toContain(SERVER);
    expect(event).toMatchObject({ message_id: 'm1', event_at: Date.parse(OLD) });
    expect(String(event?.properties)).not.toContain('aid');
  });

  it('keeps the app id of a tracker that is no write key', async () => {
    const { deadLetters } = await stored({
      path: TP2,
      json: payload(tracked({ aid: 'shop-web' })),
    });

    expect(redriven(deadLetters[0] as DeadLetter)).toMatchObject([
      { properties: expect.stringContaining('"aid":"shop-web"') },
    ]);
  });

  it.each<[string, Sent]>([
    ['no JSON', { path: '/v1/track', body: `{"writeKey":"${SERVER}","other":"${BLOG}"` }],
    ['a form', { path: '/v1/track', body: `writeKey=${PUBLIC}&data=%7B%22k%22%3A%22${SERVER}%22` }],
    [
      'more than may come',
      {
        path: '/v1/track',
        body: `{"writeKey":"${PUBLIC}","a":"${SERVER}${'x'.repeat(5_000_000)}"}`,
      },
    ],
    ['no object', { path: '/v1/track', json: [{ writeKey: PUBLIC }, SERVER] }],
    [
      'what it shows of a call',
      {
        path: '/v1/track',
        json: track(`m-${SERVER}`, {
          event: `New ${SERVER}`,
          context: { page: { url: `https://shop.example/?writeKey=${PUBLIC}#${SERVER}` } },
        }),
      },
    ],
  ])('has no key that stands in %s', async (_what, sent) => {
    const { deadLetters } = await stored({ ...sent, authorization: basic(PUBLIC) });

    expect(deadLetters).toHaveLength(1);
    expect(deadLetters[0]?.payload).toContain('[key]');
    expect(JSON.stringify(deadLetters)).not.toMatch(`${PUBLIC}|${SERVER}|${BLOG}`);
  });

  it('has none in the context of its batch', async () => {
    const json = { batch: [track('m1')], context: { note: `${SERVER} ${PUBLIC}` } };

    const { deadLetters } = await stored({ path: '/v1/batch', json, authorization: basic(PUBLIC) });

    expect(JSON.parse(deadLetters[0]?.request ?? '').context).toEqual({ note: '[key] [key]' });
  });

  it('keeps addresses and names that have the text of a public key in them', async () => {
    const url = `https://${PUBLIC}.example/${PUBLIC}/a`;
    const properties = { [PUBLIC]: 1, x: `${PUBLIC}_2` };
    const json = track('m1', { context: { page: { url } }, properties });

    const { deadLetters } = await stored({
      path: '/v1/track',
      json,
      authorization: basic(PUBLIC),
    });

    expect(JSON.parse(deadLetters[0]?.payload ?? '')).toMatchObject({
      context: { page: { url } },
      properties,
    });
  });
});
