import { preferredLocale } from '../../../../lambdas/collect/enrich/locale.ts';
import { basic, KEYS, recordOf, send } from '../collector.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const call = {
  event: 'Plan Chosen',
  anonymousId: 'a-1',
  context: {
    userAgent: CHROME,
    page: {
      url: 'https://shop.example/?utm_source=google&utm_medium=cpc',
      referrer: 'https://www.google.com/',
    },
  },
};
const headers = { userAgent: CHROME, acceptLanguage: 'de-CH, de;q=0.9, *;q=0.5', country: 'CH' };
const server = { authorization: basic(KEYS.shopServer) };

describe('a collected event', () => {
  it('has columns from its user agent, its page and the headers', async () => {
    const record = await recordOf('/v1/track', call, headers);

    expect(record).toMatchObject({
      device: 'desktop',
      browser: 'Chrome',
      os: 'Windows',
      is_bot: false,
      channel: 'paid_search',
      source: 'google',
      medium: 'cpc',
      country: 'CH',
      locale: 'de-CH',
    });
    expect(JSON.parse(String(record.properties))).toEqual({ _context: { userAgent: CHROME } });
  });

  it('keeps what the client states', async () => {
    const context = {
      ...call.context,
      device: { type: 'kiosk' },
      browser: { name: 'Own' },
      os: { name: 'OwnOS' },
      locale: 'fr-FR',
      campaign: { source: 'news', medium: 'email' },
    };
    const record = await recordOf('/v1/track', { ...call, context }, headers);

    expect(record).toMatchObject({
      device: 'kiosk',
      browser: 'Own',
      os: 'OwnOS',
      locale: 'fr-FR',
      channel: 'email',
      source: 'news',
    });
  });

  it('of a server has nothing of the headers, which are the server’s', async () => {
    const { anonymousId, event } = call;
    const record = await recordOf('/v1/track', { event, anonymousId }, { ...headers, ...server });

    expect(record).toMatchObject({ is_bot: false });
    for (const column of ['device', 'browser', 'os', 'country', 'locale', 'channel']) {
      expect(record).not.toHaveProperty(column);
    }
  });

  it('of a bot is labelled and kept', async () => {
    const context = { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1)' };
    const { sinks } = await send('/v1/track', { ...call, context }, headers);

    expect(sinks.records()).toMatchObject([{ is_bot: true, device: 'bot' }]);
  });

  it.each(['XX', 'T1', 'de', ''])('has no country of the header %j', async (country) => {
    const context = { location: { country: 'AT' } };
    const record = await recordOf('/v1/track', { ...call, context }, { ...headers, country });

    expect(record.country).toBe('AT');
  });
});

describe('preferredLocale', () => {
  it.each([
    ['en-US,en;q=0.5', 'en-US'],
    ['fr;q=0.4, en-GB ; q=0.8', 'en-GB'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
    ['*', undefined],
    ['de;q=0', undefined],
    ['<script>', undefined],
    [undefined, undefined],
  ])('of %j is %j', (header, locale) => {
    expect(preferredLocale(header)).toBe(locale);
  });
});
