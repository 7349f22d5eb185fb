import { personKey } from '../../../lambdas/collect/person-key.ts';
import { basic, KEYS, RECEIVED_AT, recordOf, send } from './collector.ts';

const server = { authorization: basic(KEYS.shopServer) };

describe('a track call', () => {
  it('becomes a flat record', async () => {
    const record = await recordOf('/v1/track', {
      event: 'Plan Chosen',
      messageId: 'm-1',
      anonymousId: 'a-1',
      userId: 'u-1',
      timestamp: '2026-11-21T18:00:00Z',
      sentAt: '2026-11-21T18:00:10Z',
      properties: { plan: 'pro', seats: 3 },
      context: {
        page: {
          url: 'https://s.example/p?q=1',
          path: '/p',
          referrer: '',
          title: 'P',
          search: '?q=1',
        },
        campaign: { name: 'spring', source: 'news', medium: 'email', term: 't', content: 'c' },
        device: { type: 'mobile' },
        os: { name: 'iOS' },
        location: { country: 'de' },
        locale: 'de-DE',
        screen: { width: 390, height: 844 },
        sessionId: 123,
        consent: { analytics: true },
        traits: { tier: 1 },
        groupId: 'g-1',
        ip: '203.0.113.9',
      },
    });

    expect(record).toEqual({
      message_id: 'm-1',
      app_id: 'shop',
      type: 'track',
      event: 'Plan Chosen',
      anonymous_id: 'a-1',
      user_id: 'u-1',
      group_id: 'g-1',
      session_id: '123',
      event_at: RECEIVED_AT - 10_000,
      received_at: RECEIVED_AT,
      sent_at: Date.UTC(2026, 10, 21, 18, 0, 10),
      clock_skew_ms: 20_000,
      url: 'https://s.example/p?q=1',
      path: '/p',
      title: 'P',
      search: '?q=1',
      channel: 'email',
      source: 'news',
      medium: 'email',
      campaign: 'spring',
      term: 't',
      content: 'c',
      device: 'mobile',
      os: 'iOS',
      country: 'DE',
      locale: 'de-DE',
      screen: '390x844',
      is_bot: false,
      properties:
        '{"plan":"pro","seats":3,"_context":{"device":{"type":"mobile"},"os":{"name":"iOS"},"location":{"country":"de"}}}',
      traits: '{"tier":1}',
      consent: '{"analytics":true}',
      anonymous_key: expect.any(Number),
      user_key: expect.any(Number),
    });
  });

  it('writes the keys of persons as JSON integers of 63 bits', () => {
    expect(personKey('shop', 'u1')).toBe('892826155730968621');
    expect(personKey('shop', 'u1')).not.toBe(personKey('shop2', 'u1'));
  });

  it('fills columns from properties of the same name, so that history can be broken down', async () => {
    const record = await recordOf(
      '/v1/track',
      {
        event: 'step1',
        userId: 17,
        timestamp: '2015-02-26T05:33:00Z',
        properties: { device: 'Desktop', channel: 'paid_ads', country: 'Germany', sex: 'Female' },
      },
      server,
    );

    expect(record).toMatchObject({
      user_id: '17',
      event_at: Date.UTC(2015, 1, 26, 5, 33),
      device: 'Desktop',
      channel: 'paid_ads',
      country: 'Germany',
      properties: '{"device":"Desktop","channel":"paid_ads","country":"Germany","sex":"Female"}',
    });
  });

  it('keeps what has no column, and what the call holds beside the spec', async () => {
    const record = await recordOf('/v1/track', {
      event: 'x',
      userId: 'u',
      category: 'c',
      myOwn: { a: [1] },
      channel: 'server',
      integrations: { All: true },
      _metadata: { n: 1 },
      properties: { p: 1 },
      context: { library: { name: 'l' }, page: { path: '/', tab_url: 't' }, active: true },
    });

    expect(JSON.parse(record.properties as string)).toEqual({
      p: 1,
      category: 'c',
      _context: { library: { name: 'l' }, page: { tab_url: 't' }, active: true },
      _extra: { myOwn: { a: [1] }, channel: 'server' },
    });
    expect(record).not.toHaveProperty('channel');
  });

  it('keeps numbers, the order of keys and odd keys of properties as the client wrote them', async () => {
    const body =
      '{"event":"x","userId":12345678901234567890,"properties":{"z":1.10,"a":12345678901234567890,"__proto__":{"polluted":1},"2":0,"e":1e5}}';

    const record = await recordOf('/v1/track', body);

    expect(record.user_id).toBe('12345678901234567890');
    expect(record.properties).toBe(
      '{"2":0,"z":1.10,"a":12345678901234567890,"__proto__":{"polluted":1},"e":1e5}',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ['Order Completed', { order_id: 'o', revenue: 12.5, currency: 'eur' }, 12.5, 'EUR'],
    ['Order Completed', { order_id: 'o', revenue: '19.90', total: 30 }, 19.9, undefined],
    ['Order Completed', { order_id: 'o', total: '30' }, 30, undefined],
    ['Purchase', { value: 7 }, 7, undefined],
    ['Product Added', { value: 7, total: 7 }, undefined, undefined],
    ['Purchase', { revenue: '1e400', currency: 'euros' }, undefined, undefined],
    ['Purchase', { revenue: 'much' }, undefined, undefined],
  ])('%s %j has revenue %j %j', async (event, properties, revenue, currency) => {
    const record = await recordOf('/v1/track', { event, userId: 'u', properties });

    expect([record.revenue, record.currency]).toEqual([revenue, currency]);
  });

  it.each([
    ['/v1/page', { name: 'Purchase' }],
    ['/v1/screen', { name: 'Order Completed' }],
    ['/v1/group', { groupId: 'g' }],
    ['/v1/click', {}],
  ])('%s has no revenue: sums count the track call that tells of it', async (path, call) => {
    const properties = { target: '#buy', revenue: 1, total: 30, value: 30, currency: 'EUR' };

    const record = await recordOf(path, { ...call, userId: 'u', properties });

    expect(record.revenue).toBeUndefined();
    expect(JSON.parse(String(record.properties))).toMatchObject({ revenue: 1, total: 30 });
  });

  it('gets a message id of the server where it has none', async () => {
    const { message_id: id } = await recordOf('/v1/track', {
      event: 'x',
      userId: 'u',
      messageId: null,
    });

    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('takes ids of blanks for none: all that have them would be one message, or one person', async () => {
    const record = await recordOf('/v1/track', {
      event: 'x',
      userId: 'u',
      anonymousId: ' ',
      messageId: '  ',
    });

    expect(record.message_id).toMatch(/^[0-9a-f-]{36}$/);
    expect([record.anonymous_id, record.user_id]).toEqual([undefined, 'u']);
    const blank = await send('/v1/track', { event: 'x', userId: '\t' });
    expect(blank.answer?.refused).toMatchObject([{ code: 'missing_id' }]);
  });

  it('reads times that are written as 1700000000.0 or 1.7e9', async () => {
    const at = Date.UTC(2026, 10, 21, 18, 0, 10) / 1000;
    const record = await recordOf(
      '/v1/track',
      `{"event": "x", "userId": "u", "timestamp": ${at}.0, "sentAt": ${at + 5}.00}`,
    );

    expect(record).toMatchObject({ sent_at: (at + 5) * 1000, event_at: RECEIVED_AT - 5000 });
    expect(
      await recordOf('/v1/track', '{"event": "x", "userId": "u", "timestamp": 1.7e9}', server),
    ).toMatchObject({ event_at: 1_700_000_000_000 });
  });

  it('takes the time of sending of the batch where its own is empty', async () => {
    const call = { type: 'track', event: 'x', userId: 'u', timestamp: '2026-11-21T18:00:10Z' };

    const record = await recordOf('/v1/batch', {
      sentAt: '2026-11-21T18:00:20Z',
      batch: [{ ...call, sentAt: '' }],
    });

    expect(record.event_at).toBe(RECEIVED_AT - 10_000);
  });
});

describe('other calls', () => {
  it.each([
    ['/v1/page', { name: 'Home', anonymousId: 'a' }, 'Home'],
    ['/v1/page', { properties: { name: 'Cart' }, anonymousId: 'a' }, 'Cart'],
    ['/v1/page', { anonymousId: 'a' }, 'page'],
    ['/v1/screen', { anonymousId: 'a', name: '' }, 'screen'],
    ['/v1/identify', { userId: 'u', traits: { plan: 'pro' } }, 'identify'],
    ['/v1/group', { userId: 'u', groupId: 5 }, 'group'],
    ['/v1/alias', { userId: 'u', previousId: 'a' }, 'alias'],
    ['/v1/t', { userId: 'u', event: 'x' }, 'x'],
  ])('%s %j is the event %s', async (path, body, event) => {
    expect((await recordOf(path, body)).event).toBe(event);
  });

  it('reads a page from the properties first', async () => {
    const record = await recordOf('/v1/page', {
      anonymousId: 'a',
      properties: { url: 'https://s.example/new', path: '/new' },
      context: { page: { url: 'https://s.example/old', title: 'Old' } },
    });

    expect(record).toMatchObject({ url: 'https://s.example/new', path: '/new', title: 'Old' });
  });

  it('gives an alias the key of the id that it replaces, so that its events join the user', async () => {
    const { anonymous_key } = await recordOf('/v1/track', { event: 'home', anonymousId: 'a' });
    const alias = await recordOf('/v1/alias', { userId: 'u', previousId: 'a' });
    expect(alias.anonymous_key).toBe(anonymous_key);
    expect(alias.anonymous_id).toBeUndefined();
    const both = await recordOf('/v1/alias', { userId: 'u', anonymousId: 'b', previousId: 'a' });
    expect(both.anonymous_key).not.toBe(anonymous_key);
  });

  it('carries what alias and group are about', async () => {
    expect(await recordOf('/v1/alias', { userId: 'u', previousId: 'a' })).toMatchObject({
      previous_id: 'a',
    });
    expect(
      await recordOf('/v1/group', { userId: 'u', groupId: 'g', traits: { n: 1 } }),
    ).toMatchObject({ group_id: 'g', traits: '{"n":1}' });
  });
});
