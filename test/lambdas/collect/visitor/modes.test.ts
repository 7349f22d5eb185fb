import type { VisitorMode, VisitorsConfig } from '../../../../core/visitors.ts';
import { readAgent } from '../../../../lambdas/collect/enrich/user-agent.ts';
import { KEYS, type Sent, shopWith } from './visiting.ts';

const GPC = { 'sec-gpc': '1' };
const DNT = { dnt: '1' };
/** Ids, and what else tells visitors apart: each is somewhere in the call below. */
const SECRETS = [
  ...['anon-7c1f29', 'user-55801', 'previous-3321', 'group-90210', 'session-1177'],
  ...[
    'ada@example.com',
    '203.0.113.77',
    'trait-lovelace',
    'device-model-9',
    'gclid-88aa',
    'ga-1.2.3',
  ],
  ...['advertising-id-1', 'unknown-key-value', 'high-entropy-hint', 'wifi-name'],
];
/** A call that tells all it can. */
const TELLING = {
  event: 'Seat Chosen',
  messageId: 'm-of-anon-7c1f29-1',
  anonymousId: 'anon-7c1f29',
  userId: 'user-55801',
  previousId: 'previous-3321',
  groupId: 'group-90210',
  timestamp: '2026-11-21T18:00:20Z',
  sentAt: '2026-11-21T18:00:25Z',
  traits: { name: 'trait-lovelace', email: 'ada@example.com' },
  extra: 'unknown-key-value',
  ip: '203.0.113.77',
  properties: {
    plan: 'pro',
    seats: 3,
    price: 1.1,
    user_id: 'user-55801',
    email: 'ada@example.com',
    note: 'seat of user-55801',
    nested: { list: [{ deviceId: 'advertising-id-1', kept: true }] },
    link: 'https://shop.example/u/user-55801?gclid=gclid-88aa&b=1',
  },
  context: {
    ip: '203.0.113.77',
    sessionId: 'session-1177',
    traits: { email: 'ada@example.com' },
    device: { id: 'advertising-id-1', model: 'device-model-9', type: 'mobile' },
    network: { wifi: 'wifi-name' },
    userAgentData: { platformVersion: 'high-entropy-hint' },
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    locale: 'de-DE',
    library: { name: 'analytics.js', version: '2' },
    page: {
      url: 'https://shop.example/p?gclid=gclid-88aa&_ga=ga-1.2.3&utm_source=x&uid=user-55801&q=hat#top',
      path: '/p',
      search: '?gclid=gclid-88aa&q=hat',
      referrer: 'https://www.google.com/',
      title: 'Welcome, user-55801',
    },
    consent: { categoryPreferences: { Analytics: true } },
  },
};
/** One of many. */
const BRIEF = { type: 'track', event: 'x', userId: 'user-55801', note: 'user-55801' };
const consentless = { ...TELLING, context: { ...TELLING.context, consent: undefined } };

function send(visitors: VisitorsConfig, sent: Sent) {
  return shopWith(visitors)({ body: TELLING, ...sent });
}

/** How many of the secrets a text tells. */
function told(text: string): string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

describe('a visitor', () => {
  it('is stored whole where nothing speaks against it', async () => {
    const { records, text } = await send({}, {});

    expect(records[0]).toMatchObject({ anonymous_id: 'anon-7c1f29', user_id: 'user-55801' });
    expect(text).not.toContain('203.0.113.77');
  });

  it('who is anonymous leaves an event that counts, and nothing of an id or an address', async () => {
    const { status, records, lines, text, json } = await send({}, { headers: GPC });

    expect({ status, json }).toEqual({
      status: 200,
      json: { success: true, accepted: 1, refused: [] },
    });
    expect(told(text)).toEqual([]);
    const { message_id, properties, ...record } = records[0] ?? {};
    expect(message_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
    expect(lines[0]?.personId).toBe(message_id);
    expect(record).toEqual({
      app_id: 'shop',
      type: 'track',
      event: 'Seat Chosen',
      event_at: Date.UTC(2026, 10, 21, 18, 0, 25),
      received_at: Date.UTC(2026, 10, 21, 18, 0, 30),
      url: 'https://shop.example/p?gclid=removed&_ga=removed&utm_source=x&uid=removed&q=hat#top',
      path: '/p',
      search: '?gclid=removed&q=hat',
      referrer: 'https://www.google.com/',
      title: 'Welcome, removed',
      channel: 'paid_search',
      source: 'x',
      device: 'mobile',
      browser: 'Chrome',
      os: 'Windows',
      locale: 'de-DE',
      is_bot: false,
      consent: '{"categoryPreferences":{"Analytics":true}}',
    });
    expect(JSON.parse(String(properties))).toEqual({
      plan: 'pro',
      seats: 3,
      price: 1.1,
      note: 'seat of removed',
      nested: { list: [{ kept: true }] },
      link: 'https://shop.example/u/removed?gclid=removed&b=1',
      _context: { library: { name: 'analytics.js', version: '2' }, device: { type: 'mobile' } },
    });
  });

  it('who is anonymous keeps the id of a message that tells nothing, so that it counts once', async () => {
    const { records } = await send({}, { headers: GPC, body: { ...TELLING, messageId: 'm-1' } });

    expect(records[0]?.message_id).toBe('m-1');
  });

  it('of whom nothing is stored is answered 200, and counted', async () => {
    const { answer, lines, text, ...got } = await send({ gpc: 'nothing' }, { headers: GPC });

    expect(got).toEqual({
      status: 200,
      json: { success: true, accepted: 0, refused: [], declined: 1 },
      records: [],
      letters: [],
      declined: ['shop'],
    });
  });

  it.each<[VisitorMode, string, VisitorsConfig, Sent]>([
    ['full', 'sends no signal', {}, {}],
    ['anonymous', 'sends GPC', {}, { headers: GPC }],
    ['full', 'sends GPC, which the app does not mind', { gpc: 'full' }, { headers: GPC }],
    ['full', 'sends another GPC', {}, { headers: { 'sec-gpc': '0' } }],
    ['full', 'sends DNT', {}, { headers: DNT }],
    ['nothing', 'sends DNT, which the app minds', { dnt: 'nothing' }, { headers: DNT }],
    ['nothing', 'sends both', { dnt: 'nothing' }, { headers: { ...GPC, ...DNT } }],
    ['full', "sends GPC in a server's request", {}, { headers: GPC, key: KEYS.server }],
    ['anonymous', 'denies', {}, { body: { ...TELLING, context: { consent: 'denied' } } }],
    [
      'nothing',
      'denies, of whom the app wants nothing then',
      { consent: { whenDenied: 'nothing' } },
      { body: { ...TELLING, context: { consent: { analytics: false } } } },
    ],
    [
      'anonymous',
      'denies a server',
      {},
      { key: KEYS.server, body: { ...TELLING, context: { consent: false } } },
    ],
    ['full', 'says nothing of the consent', {}, { body: consentless }],
    [
      'nothing',
      'says nothing where the app waits for a consent',
      { consent: { whenMissing: 'nothing' } },
      { body: consentless },
    ],
    [
      'anonymous',
      'allows other things only',
      { consent: { category: 'marketing', whenMissing: 'anonymous' } },
      {},
    ],
    ['full', 'allows what the app names', { consent: { category: ['Analytics'] } }, {}],
    [
      'anonymous',
      'allows it and sends GPC',
      { consent: { category: 'analytics' } },
      { headers: GPC },
    ],
  ])('is stored %s who %s', async (mode, _what, visitors, sent) => {
    const { records, json } = await send(visitors, sent);

    const got = json.declined === 1 ? 'nothing' : records[0]?.user_id ? 'full' : 'anonymous';
    expect(got).toBe(mode);
    expect(records[0]?.user_key !== undefined).toBe(mode === 'full');
  });

  it("may give a batch's consent once, and an event its own", async () => {
    const event = { type: 'track', event: 'x', userId: 'user-1' };
    const own = { ...event, context: { consent: { a: true } } };
    const context = { consent: { a: false } };
    const send = shopWith({ consent: { whenDenied: 'nothing' } });
    const body = { batch: [event, own], context };

    const { records, json } = await send({ path: '/v1/batch', body });

    expect(json).toEqual({ success: true, accepted: 1, refused: [], declined: 1 });
    expect(records[0]).toMatchObject({ user_id: 'user-1', consent: '{"a":true}' });
  });

  it('whom Snowplow keeps anonymous may be nobody, and keeps what the client sent', async () => {
    const headers = { 'sp-anonymous': '*' };
    const context = { sessionId: 'session-1' };
    const { records } = await send({ cookie: {} }, { headers, body: { event: 'x', context } });

    expect(records[0]).toMatchObject({ session_id: 'session-1' });
    expect(records[0]).not.toHaveProperty('anonymous_id');
  });
});

describe('a dead letter', () => {
  const refused = { ...TELLING, event: { not: 'user-55801' } };

  it('of an anonymous visitor tells no more than the event would, and that it must stay so', async () => {
    const { status, letters, text } = await send({}, { headers: GPC, body: refused });

    expect(status).toBe(400);
    expect(told(text)).toEqual([]);
    expect(letters).toHaveLength(1);
    expect(JSON.parse(letters[0]?.request ?? '')).toMatchObject({
      visit: { mode: 'anonymous', may_be_nobody: true },
    });
    expect(JSON.parse(letters[0]?.payload ?? '')).toMatchObject({ properties: { plan: 'pro' } });
  });

  it.each([
    [
      'Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0.6045.66 Mobile Safari/537.36',
      'Mozilla/5.0 (Linux; Android 13; K) AppleWebKit/537.0 (KHTML, like Gecko) Version/4.0 Chrome/119.0 Mobile Safari/537.0',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17.0 like Mac OS X) AppleWebKit/605.0 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.0',
    ],
    ['Mozilla/5.0 (compatible; Googlebot/2.1)', 'Mozilla/5.0 (compatible; Googlebot/2.1)'],
  ])('of an anonymous visitor knows the kind of browser only: %s', async (userAgent, kept) => {
    const headers = { ...GPC, 'user-agent': userAgent };
    const { letters } = await send({}, { headers, body: refused });
    const broken = await send({}, { headers, body: '{' });

    const agents = [...letters, ...broken.letters].map(
      ({ request }) => JSON.parse(request).user_agent,
    );
    expect(agents).toEqual([kept, kept]);
    expect(readAgent(kept)).toEqual(readAgent(userAgent));
  });

  it.each([
    ['is no JSON', '/v1/track', `{"userId":"user-55801","ip":"203.0.113.77",`],
    ['has a value of a wrong type', '/v1/track', { ...TELLING, userId: { id: 'user-55801' } }],
    [
      'is nested too deep',
      '/v1/track',
      `{"event":"x","userId":"user-55801","p":${'['.repeat(99)}${']'.repeat(99)}}`,
    ],
    ['is a batch of too many', '/v1/batch', { batch: Array(2501).fill(BRIEF) }],
    ['is a batch with a bad context', '/v1/batch', { batch: [TELLING], context: ['user-55801'] }],
  ])('of an anonymous visitor tells nothing where the request %s', async (_what, path, body) => {
    const { status, letters, text } = await send({}, { headers: GPC, path, body });

    expect(status).toBe(400);
    expect(letters.length).toBeGreaterThan(0);
    expect(told(text)).toEqual([]);
  });

  it.each([
    ['no JSON', 1, '/v1/track', '{"userId":"user-55801",'],
    ['a batch of too many', 2501, '/v1/batch', { batch: Array(2501).fill(BRIEF) }],
    ['an event that nobody could take', 1, '/v1/track', { event: 1e9, userId: [] }],
    ['more than is read', 1, '/v1/track', { ...BRIEF, padding: 'x'.repeat(600_000) }],
  ])(
    'is not made of a visitor of whom nothing is stored, who sent %s; %d are counted',
    async (_what, count, path, body) => {
      const { letters, declined, text } = await send(
        { gpc: 'nothing' },
        { headers: GPC, path, body },
      );

      expect({ letters, declined: declined.length }).toEqual({ letters: [], declined: count });
      expect(told(text)).toEqual([]);
    },
  );

  it('never holds the address, and otherwise what came', async () => {
    const body = { ...refused, properties: { ip: '198.51.100.9', price: 1.1 } };
    const whole = await send({}, { body });
    const broken = await send({}, { body: '{"ip": "203.0.113.77", "event": "x",' });

    expect(whole.text).not.toContain('203.0.113.77');
    expect(JSON.parse(whole.letters[0]?.payload ?? '')).toMatchObject({
      anonymousId: 'anon-7c1f29',
      // A property of the app: its network may stay.
      properties: { ip: '198.51.100.0', price: 1.1 },
    });
    expect(broken.letters[0]?.payload).toBe('{"ip": null, "event": "x",');
  });

  it('without an address is what came, to the letter', async () => {
    const body = '{ "event" : {},  "userId":"u",\n"n": 1.10 }';
    const { letters } = await send({}, { body });

    expect(letters[0]?.payload).toBe(body);
    expect(JSON.parse(letters[0]?.request ?? '')).not.toHaveProperty('visit');
  });

  it("keeps the server's id of its visitor, which the event has where it is sent again", async () => {
    const { letters, json } = await send(
      { cookie: {} },
      {
        path: '/v1/batch',
        body: {
          batch: [
            { type: 'track', event: 'x' },
            { type: 'track', event: {} },
          ],
        },
      },
    );

    expect(JSON.parse(letters[0]?.request ?? '')).toMatchObject({
      visit: { mode: 'full', server_id: json.anonymous_id },
    });
  });
});
