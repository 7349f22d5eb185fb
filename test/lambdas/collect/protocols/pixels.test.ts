import { createCollector } from '../../../../lambdas/collect/collector.ts';
import type { CollectRequest } from '../../../../lambdas/collect/request.ts';
import { respond } from '../../../../lambdas/collect/respond.ts';
import { TooManyRequestsError, UnavailableError } from '../../../../lambdas/runtime/http-error.ts';
import { logger } from '../../../../lambdas/runtime/logger.ts';
import { CONFIG, KEYS, MemorySinks, RECEIVED_AT } from '../collector.ts';

const collector = createCollector(CONFIG);

/** Asks for an image, as a browser does: no header but the referer. Gives the answer and what was stored. */
async function show(path: string, query: string, more: Partial<CollectRequest> = {}) {
  const sinks = new MemorySinks();
  const request: CollectRequest = {
    method: 'GET',
    path,
    query,
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...more,
  };
  const answer = await respond(request, collector, sinks);
  const records = sinks.records().map(
    ({ properties, ...record }): Record<string, unknown> => ({
      ...record,
      properties: properties === undefined ? undefined : JSON.parse(String(properties)),
    }),
  );
  return { answer, records, letters: sinks.deadLetters };
}

function base64(call: object): string {
  return Buffer.from(JSON.stringify(call)).toString('base64url');
}

/** A GIF of 43 bytes that nobody keeps. */
const IMAGE = {
  statusCode: 200,
  headers: { 'content-type': 'image/gif', 'cache-control': expect.stringContaining('no-store') },
  isBase64Encoded: true,
};

describe("Segment's pixel", () => {
  it('takes a call as base64 of its JSON', async () => {
    const call = {
      writeKey: KEYS.shop,
      userId: 'u-1',
      event: 'Email Opened',
      messageId: 'm-1',
      properties: { subject: 'Grüße, 50 % & mehr?' },
    };
    const { answer, records } = await show('/v1/pixel/track', `data=${base64(call)}`);

    expect(answer).toMatchObject(IMAGE);
    expect(
      Buffer.from(answer.body ?? '', 'base64')
        .subarray(0, 6)
        .toString(),
    ).toBe('GIF89a');
    expect(records).toMatchObject([
      {
        type: 'track',
        event: 'Email Opened',
        message_id: 'm-1',
        user_id: 'u-1',
        properties: { subject: 'Grüße, 50 % & mehr?' },
      },
    ]);
  });

  it('takes a call as parameters with dots in their names', async () => {
    const { records } = await show(
      '/in/pixel/track',
      `userId=u-1&event=Email%20Opened&properties.subject=The+Daily&properties.__proto__.x=1&context.page.url=https%3A%2F%2Fshop.example%2F&writeKey=${KEYS.shop}`,
    );

    expect(records).toMatchObject([
      {
        event: 'Email Opened',
        user_id: 'u-1',
        url: 'https://shop.example/',
        properties: { subject: 'The Daily' },
      },
    ]);
    expect(Object.keys(records[0]?.properties as object)).toContain('__proto__');
  });

  it.each(['identify', 'group', 'alias', 'page', 'screen'])('takes %s calls', async (type) => {
    const call = { writeKey: KEYS.shop, userId: 'u-1', groupId: 'g-1', previousId: 'a-1' };
    const { records } = await show(`/v1/pixel/${type}`, `data=${base64(call)}`);

    expect(records).toMatchObject([{ type, user_id: 'u-1' }]);
  });

  it('is an image whatever became of the call, which is a dead letter where its app is known', async () => {
    const known = await show('/v1/pixel/track', `event=x&writeKey=${KEYS.shop}`);
    const garbage = await show('/v1/pixel/track', `data=%25%25&writeKey=${KEYS.shop}`);
    const unknown = await show('/v1/pixel/track', 'event=x&userId=u&writeKey=nobody-knows');
    const empty = await show('/v1/pixel/track', '');

    for (const { answer, records } of [known, garbage, unknown, empty]) {
      expect(answer).toMatchObject(IMAGE);
      expect(records).toEqual([]);
    }
    expect(known.letters).toMatchObject([{ code: 'missing_id', app_id: 'shop', event: 'x' }]);
    expect(garbage.letters).toMatchObject([{ code: 'invalid_json', app_id: 'shop' }]);
    expect([...unknown.letters, ...empty.letters]).toEqual([]);
  });
});

describe("RudderStack's pixel", () => {
  it('takes page and track calls, and the id in quotes that AMP pages send', async () => {
    const query = `writeKey=${KEYS.shop}&anonymousId=%22amp-1%22&name=Home&context.page.path=%2Fhome`;
    const { answer, records } = await show('/pixel/v1/page', query);

    expect(answer).toMatchObject(IMAGE);
    expect(records).toMatchObject([
      { type: 'page', event: 'Home', anonymous_id: 'amp-1', path: '/home' },
    ]);
  });
});

describe('the plain pixel', () => {
  it('takes an event with the page that shows it', async () => {
    const { answer, records } = await show(
      '/in/x',
      `k=${KEYS.shop}&e=Offer+Seen&u=u-1&m=m-1&offer=spring&utm_source=letter&_=123`,
      { referer: 'https://shop.example/offers?page=2' },
    );

    expect(answer).toMatchObject(IMAGE);
    expect(records).toMatchObject([
      {
        type: 'track',
        event: 'Offer Seen',
        user_id: 'u-1',
        message_id: 'm-1',
        url: 'https://shop.example/offers?page=2',
        path: '/offers',
        search: '?page=2',
        source: 'letter',
        properties: { offer: 'spring' },
      },
    ]);
  });

  it('is a page call without an event, and somebody of its own without an id', async () => {
    const first = await show('/v1/x', `k=${KEYS.shop}&title=Offers&url=https://shop.example/o`);
    const second = await show('/v1/x', `k=${KEYS.shop}`);

    expect(first.records).toMatchObject([{ type: 'page', title: 'Offers', path: '/o' }]);
    expect(first.records[0]?.anonymous_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.records[0]?.anonymous_id).not.toBe(first.records[0]?.anonymous_id);
  });

  it('keeps what it cannot take, where its app is known', async () => {
    const { answer, letters } = await show('/v1/x', `k=${KEYS.strict}&e=Never+Heard+Of&u=u-1`);

    expect(answer).toMatchObject(IMAGE);
    expect(letters).toMatchObject([{ code: 'unknown_event', app_id: 'strict' }]);
    expect(JSON.parse(letters[0]?.payload ?? '')).toMatchObject({ userId: 'u-1' });
  });

  it('answers HEAD as GET and takes nothing: mail programs look before they show', async () => {
    const { answer, records } = await show('/v1/x', `k=${KEYS.shop}&e=x`, { method: 'HEAD' });

    expect(answer).toEqual({ statusCode: 200, headers: expect.objectContaining(IMAGE.headers) });
    expect(records).toEqual([]);
  });
});

describe('a pixel whose call is stored nowhere', () => {
  beforeAll(() => logger.setLogLevel('SILENT'));

  const request = { method: 'GET', isBase64Encoded: false, receivedAt: RECEIVED_AT };
  const tooMany = () => {
    throw new TooManyRequestsError('too_many_requests', 'too many', 7);
  };
  const notStored = async () => {
    throw new UnavailableError('not_stored', 'not stored', 5);
  };

  it.each([
    ['/v1/x', `k=${KEYS.shop}&e=Seen`],
    ['/v1/pixel/track', `writeKey=${KEYS.shop}&event=Seen&userId=u`],
  ])('%s is the image by a status that says so', async (path, query) => {
    const limited = await respond(
      { ...request, path, query },
      { ...collector, admit: tooMany },
      new MemorySinks(),
    );
    const lost = await respond({ ...request, path, query }, collector, { store: notStored });

    expect([limited, lost]).toMatchObject([
      { ...IMAGE, statusCode: 429, headers: { ...IMAGE.headers, 'retry-after': '7' } },
      { ...IMAGE, statusCode: 503, headers: { ...IMAGE.headers, 'retry-after': '5' } },
    ]);
  });
});
