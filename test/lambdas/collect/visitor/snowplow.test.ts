import { KEYS, type Sent, shopWith } from './visiting.ts';

const KNOWN = '0b0e4a1c-93f5-4c1a-8f6e-2f3d8c9a7b61';
const SNOWPLOW = 'iglu:com.snowplowanalytics.snowplow';
const SECRETS = [
  'duid-660142',
  'uid-771253',
  'nuid-882364',
  'session-993475',
  '203.0.113.77',
  'page-view-id',
];

/** A payload with one page view, whose parameters tell all they can. */
function payload(more: object = {}): Sent {
  const contexts = [
    {
      schema: `${SNOWPLOW}/client_session/jsonschema/1-0-2`,
      data: { userId: 'duid-660142', sessionId: 'session-993475' },
    },
    { schema: `${SNOWPLOW}/web_page/jsonschema/1-0-0`, data: { id: 'page-view-id' } },
  ];
  const event = {
    ...{
      e: 'pv',
      aid: KEYS.page,
      eid: '6f6cfb7e-0a0f-4d0e-9a65-1b6e0b8f8d11',
      tv: 'js-4',
      p: 'web',
    },
    ...{ duid: 'duid-660142', uid: 'uid-771253', nuid: 'nuid-882364', sid: 'session-993475' },
    ...{ url: 'https://shop.example/?_sp=duid-660142.17', page: 'Hats', ip: '203.0.113.77' },
    co: JSON.stringify({ schema: `${SNOWPLOW}/contexts/jsonschema/1-0-0`, data: contexts }),
    ...more,
  };
  const body = { schema: `${SNOWPLOW}/payload_data/jsonschema/1-0-4`, data: [event] };
  return { path: '/com.snowplowanalytics.snowplow/tp2', key: null, body };
}
const NAMELESS = { duid: undefined, uid: undefined, nuid: undefined, co: undefined };

function told(text: string): string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

describe("a visitor of Snowplow's tracker", () => {
  it('without an id of its own is the one that the cookie knows', async () => {
    const { records, answer } = await shopWith({ cookie: { name: 'sp' } })({
      ...payload(NAMELESS),
      cookies: [`sp=${KNOWN}`],
    });

    expect(records[0]).toMatchObject({ anonymous_id: KNOWN });
    expect(answer).toMatchObject({
      body: 'ok',
      cookies: [expect.stringContaining(`sp=${KNOWN}; Max-Age=31536000`)],
      headers: { 'x-anonymous-id': KNOWN },
    });
  });

  it("keeps its own id, with the server's beside it", async () => {
    const { records } = await shopWith({ cookie: {} })({
      ...payload(),
      cookies: [`mr_id=${KNOWN}`],
    });

    expect(records[0]).toMatchObject({ anonymous_id: 'duid-660142', user_id: 'uid-771253' });
    expect(JSON.parse(String(records[0]?.properties))).toMatchObject({
      _context: { server_id: KNOWN },
    });
  });

  it('with GPC is nobody, in the event and in the dead letter of one that is refused', async () => {
    const headers = { 'sec-gpc': '1' };
    const event = await shopWith({ cookie: {} })({ ...payload(), headers });
    const letter = await shopWith({ cookie: {} })({ ...payload({ dtm: 'duid-660142' }), headers });

    expect(event.records).toMatchObject([{ type: 'page', title: 'Hats' }]);
    expect(letter.letters).toHaveLength(1);
    expect([told(event.text), told(letter.text)]).toEqual([[], []]);
    expect(JSON.parse(letter.letters[0]?.request ?? '')).toMatchObject({
      path: '/v1/batch',
      visit: { mode: 'anonymous' },
    });
  });

  it('whom its tracker wants to be nobody (SP-Anonymous) has no fingerprint either', async () => {
    const headers = { 'sp-anonymous': '*' };
    const event = await shopWith({})({ ...payload({ fp: '2463516792' }), headers });
    const letter = await shopWith({})({ ...payload({ fp: '2463516792', e: 'no' }), headers });

    expect([event.records.length, letter.letters.length]).toEqual([1, 1]);
    expect(event.text + letter.text).not.toContain('2463516792');
  });

  it('who denied by its consent event is stored as the app says', async () => {
    const data = { eventType: 'deny_all', basisForProcessing: 'consent', consentScopes: [] };
    const ue_pr = JSON.stringify({
      schema: `${SNOWPLOW}/unstruct_event/jsonschema/1-0-0`,
      data: { schema: `${SNOWPLOW}/consent_preferences/jsonschema/1-0-0`, data },
    });
    const send = shopWith({ consent: { whenDenied: 'nothing' } });

    const { status, records, letters } = await send(payload({ e: 'ue', ue_pr }));

    expect({ status, records, letters }).toEqual({ status: 200, records: [], letters: [] });
  });
});
