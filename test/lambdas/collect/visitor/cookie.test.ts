import type { VisitorsConfig } from '../../../../core/visitors.ts';
import { CookieJar } from './cookie-jar.ts';
import { KEYS, type Sent, shopWith, USER_AGENT } from './visiting.ts';

const API = 'https://data.shop.example/v1/track';
const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const KNOWN = '0b0e4a1c-93f5-4c1a-8f6e-2f3d8c9a7b61';
const DAY_MS = 86_400_000;
const track = { event: 'x' };

/** A browser with a jar on a page of the shop. */
function browserOf(visitors: VisitorsConfig, url = API) {
  const send = shopWith(visitors);
  const jar = new CookieJar();
  return {
    jar,
    async send(sent: Sent = {}, sameSite = true) {
      const result = await send({ body: track, cookies: jar.sent({ url, sameSite }), ...sent });
      for (const cookie of result.answer?.cookies ?? []) jar.take({ url, sameSite }, cookie);
      return result;
    },
  };
}

describe("the server's cookie", () => {
  it('is not set unless the app wants it', async () => {
    const { answer, json } = await shopWith({})({ body: { ...track, anonymousId: 'a-1' } });

    expect(answer?.cookies).toBeUndefined();
    expect(answer?.headers).not.toHaveProperty('x-anonymous-id');
    expect(json).toEqual({ success: true, accepted: 1, refused: [] });
  });

  it('gives a visitor without an id one, which comes back with the next request', async () => {
    const browser = browserOf({ cookie: {} });

    const first = await browser.send();
    const second = await browser.send();

    const id = first.records[0]?.anonymous_id;
    expect(id).toMatch(UUID);
    expect(first.json).toMatchObject({ accepted: 1, anonymous_id: id });
    expect(first.answer?.headers).toMatchObject({
      'x-anonymous-id': id,
      'cache-control': 'no-store',
    });
    expect(second.records[0]).toMatchObject({
      anonymous_id: id,
      anonymous_key: first.records[0]?.anonymous_key,
    });
  });

  it('lives from the last request on', async () => {
    const browser = browserOf({ cookie: { maxAgeDays: 30 } });
    const { json } = await browser.send();
    browser.jar.now += 20 * DAY_MS;
    await browser.send();

    browser.jar.now += 29 * DAY_MS;
    const kept = await browser.send();
    browser.jar.now += 31 * DAY_MS;
    const lost = await browser.send();

    expect(kept.json.anonymous_id).toBe(json.anonymous_id);
    expect(lost.json.anonymous_id).not.toBe(json.anonymous_id);
  });

  it("leaves the client's own id as it is, and stays beside it", async () => {
    const { records } = await shopWith({ cookie: {} })({
      body: { ...track, anonymousId: 'own-1', context: { timezone: 'Europe/Berlin' } },
      cookies: [`mr_id=${KNOWN}`],
    });

    expect(records[0]).toMatchObject({
      anonymous_id: 'own-1',
      properties: JSON.stringify({ _context: { timezone: 'Europe/Berlin', server_id: KNOWN } }),
    });
  });

  it('joins a user without an anonymousId to the device', async () => {
    const { records } = await shopWith({ cookie: {} })({
      path: '/v1/identify',
      body: { userId: 'u-1' },
      cookies: [`mr_id=${KNOWN}`],
    });

    expect(records[0]).toMatchObject({ anonymous_id: KNOWN, user_id: 'u-1' });
  });

  it("leaves an alias's previous id the device's", async () => {
    const [own, plain] = await Promise.all(
      [{ cookie: {} }, {}].map((visitors) =>
        shopWith(visitors)({
          path: '/v1/alias',
          body: { userId: 'u-1', previousId: 'a-1' },
          cookies: [`mr_id=${KNOWN}`],
        }),
      ),
    );

    expect(own?.records[0]?.anonymous_key).toBe(plain?.records[0]?.anonymous_key);
  });

  it.each([
    ['too long', 'x'.repeat(5000)],
    ['a script', '<script>alert(1)</script>'],
    ['a statement', "' OR 1=1 --"],
    ['nearly an id', `${KNOWN}0`],
    ['empty', ''],
  ])('that holds what is %s is replaced, and never stored', async (_what, value) => {
    const { text, json, answer } = await shopWith({ cookie: {} })({
      body: track,
      cookies: ['other=1', `mr_id=${value}`],
    });

    expect(json.anonymous_id).toMatch(UUID);
    expect(answer?.cookies?.[0]).toContain(`mr_id=${json.anonymous_id};`);
    if (value !== '') expect(text).not.toContain(value);
  });

  it('is found among others, also where they come in one header', async () => {
    const { json } = await shopWith({ cookie: { name: 'sp' } })({
      body: track,
      cookies: [`a=1; sp=nonsense, sp=${KNOWN.toUpperCase()}; my_sp=2`],
    });

    expect(json.anonymous_id).toBe(KNOWN);
  });

  it.each<[string, Sent]>([
    ['a server key', { key: KEYS.server, body: { ...track, userId: 'u' } }],
    ["a client that is no browser's", { isBrowser: false, body: { ...track, userId: 'u' } }],
    ["Snowplow's server anonymisation", { headers: { 'sp-anonymous': '*' } }],
    ['a visitor with GPC', { headers: { 'sec-gpc': '1' } }],
  ])('is neither set nor read for %s', async (_who, sent) => {
    const { answer, status, text, json } = await shopWith({ cookie: {} })({
      body: track,
      cookies: [`mr_id=${KNOWN}`],
      ...sent,
    });

    expect(status).toBe(200);
    expect(answer?.cookies?.join() ?? '').not.toMatch(/mr_id=[^;]/);
    expect(text).not.toContain(KNOWN);
    expect(json).not.toHaveProperty('anonymous_id');
  });

  it('goes where the visitor withdraws the consent, and comes anew where it is given again', async () => {
    const browser = browserOf({ cookie: {}, consent: { category: 'analytics' } });
    const consent = (analytics: boolean) => ({
      body: { ...track, context: { consent: { analytics } } },
    });
    const first = await browser.send(consent(true));

    const withdrawn = await browser.send(consent(false));
    const jarAfter = browser.jar.sent({ url: API });
    const again = await browser.send(consent(true));

    expect(withdrawn.answer?.cookies).toEqual([
      'mr_id=; Max-Age=0; Path=/; SameSite=Lax; Secure; HttpOnly',
    ]);
    expect(jarAfter).toEqual([]);
    expect(again.json.anonymous_id).toMatch(UUID);
    expect(again.json.anonymous_id).not.toBe(first.json.anonymous_id);
  });

  it('follows the last event of a batch, because consent changes with time', async () => {
    const send = shopWith({ cookie: {}, consent: { category: 'analytics' } });
    const event = (analytics: boolean) => ({
      type: 'track',
      event: 'x',
      context: { consent: { analytics } },
    });

    const denied = await send({
      path: '/v1/batch',
      body: { batch: [event(true), event(false)] },
      cookies: [`mr_id=${KNOWN}`],
    });
    const granted = await send({
      path: '/v1/batch',
      body: { batch: [event(false), event(true)] },
      cookies: [`mr_id=${KNOWN}`],
    });

    expect(denied.answer?.cookies).toEqual([expect.stringMatching(/^mr_id=; Max-Age=0/)]);
    expect(granted.answer?.cookies).toEqual([expect.stringMatching(`^mr_id=${KNOWN}; Max-Age=31`)]);
    expect(granted.records.map(({ anonymous_id }) => anonymous_id)).toEqual([undefined, KNOWN]);
  });

  it('is one for each name where events of two apps come together', async () => {
    const batch = [
      { type: 'track', event: 'x', writeKey: KEYS.page },
      { type: 'track', event: 'x', writeKey: KEYS.blog },
    ];
    const sent = { path: '/v1/batch', key: null, body: { batch } };
    const shared = await shopWith({ cookie: {} }, { cookie: { domain: 'shop.example' } })(sent);
    const apart = await shopWith({ cookie: {} }, { cookie: { name: 'blog_id' } })(sent);

    expect(new Set(shared.records.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
    expect(shared.answer?.cookies).toHaveLength(2);
    expect(shared.json.anonymous_id).toMatch(UUID);
    expect(new Set(apart.records.map(({ anonymous_id }) => anonymous_id)).size).toBe(2);
    expect(apart.answer?.cookies).toHaveLength(2);
    expect(apart.json).not.toHaveProperty('anonymous_id');
  });

  it("fills in for a pixel's visitor; without it each showing is somebody of its own", async () => {
    const query = `k=${KEYS.page}&e=Seen`;
    const headers = { 'user-agent': USER_AGENT };
    const image = { path: '/v1/x', query, key: null, isBrowser: false, headers };
    const known = await shopWith({ cookie: {} })({ ...image, cookies: [`mr_id=${KNOWN}`] });
    const newcomer = await shopWith({})(image);

    expect(known.records[0]).toMatchObject({ event: 'Seen', anonymous_id: KNOWN });
    expect(known.answer).toMatchObject({
      headers: { 'content-type': 'image/gif', 'x-anonymous-id': KNOWN },
      cookies: [expect.stringContaining(KNOWN)],
    });
    expect(newcomer.records[0]?.anonymous_id).toMatch(UUID);
    expect(newcomer.answer?.cookies).toBeUndefined();
  });
});

describe('a browser with the cookie', () => {
  const PAGE = 'https://www.shop.example/';

  it.each<[string, VisitorsConfig['cookie'], { api: boolean; page: boolean; other: boolean }]>([
    ['the defaults', {}, { api: true, page: false, other: false }],
    ['a domain', { domain: 'shop.example' }, { api: true, page: false, other: false }],
    [
      'a domain and a script that may read it',
      { domain: 'shop.example', httpOnly: false },
      { api: true, page: true, other: false },
    ],
    ['SameSite Strict', { sameSite: 'Strict' }, { api: true, page: false, other: false }],
    ['SameSite None', { sameSite: 'None' }, { api: true, page: false, other: true }],
    ['the path of the calls', { path: '/v1' }, { api: true, page: false, other: false }],
    ['a path of other things', { path: '/v2' }, { api: false, page: false, other: false }],
    ['the prefix __Host-', { name: '__Host-id' }, { api: true, page: false, other: false }],
    ['the prefix __Secure-', { name: '__Secure-id' }, { api: true, page: false, other: false }],
  ])('of %s sends and shows it as it says', async (_what, cookie, seen) => {
    const browser = browserOf({ cookie });

    await browser.send();
    const fromOther = browser.jar.sent({ url: API, sameSite: false });

    expect({
      api: browser.jar.sent({ url: API }).length === 1,
      page: browser.jar.read(PAGE).length === 1,
      other: fromOther.length === 1,
    }).toEqual(seen);
  });

  it('keeps it over plain http on the own machine, and elsewhere only without Secure', async () => {
    const local = browserOf({ cookie: {} }, 'http://localhost:8080/v1/track');
    const plain = browserOf({ cookie: { secure: false } }, 'http://data.intranet/v1/track');
    const none = browserOf({ cookie: {} }, 'http://data.intranet/v1/track');
    for (const browser of [local, plain, none]) await browser.send();

    expect(local.jar.sent({ url: 'http://localhost:8080/v1/track' })).toHaveLength(1);
    expect(plain.jar.sent({ url: 'http://data.intranet/v1/track' })).toHaveLength(1);
    expect(none.jar.sent({ url: 'http://data.intranet/v1/track' })).toHaveLength(0);
  });
});
