import type { ChannelRule } from '../../../../core/channels.ts';
import { parseConfig } from '../../../../core/config-schema.ts';
import { attribute, type Visit } from '../../../../lambdas/collect/enrich/attribute.ts';
import { ChannelRules } from '../../../../lambdas/collect/enrich/channel-rules.ts';

const PAGE = 'https://www.shop.example/cart';

function rulesOf(channelRules: readonly ChannelRule[] = [], origins: readonly string[] = ['*']) {
  const config = parseConfig({
    apps: [{ id: 'shop', writeKeys: [], readKeys: [], origins, channelRules }],
  });
  return new ChannelRules(config.apps[0]!);
}

function originOf(visit: Visit, rules = rulesOf(), tagged = false) {
  const origin = attribute(visit, tagged, rules);
  return JSON.parse(JSON.stringify(origin)) as Record<string, string>;
}

const query = (text: string, referrer?: string): Visit => ({ url: `${PAGE}?${text}`, referrer });

describe('a landing page whose URL has parameters', () => {
  it.each([
    ['utm_source=google&utm_medium=cpc', 'paid_search'],
    ['utm_source=Google&utm_medium=organic', 'search'],
    ['utm_source=bing_ads&utm_medium=PPC', 'paid_search'],
    ['utm_source=facebook&utm_medium=cpc', 'paid_social'],
    ['utm_source=ig&utm_medium=paid-social', 'paid_social'],
    ['utm_source=facebook&utm_medium=social', 'social'],
    ['utm_source=linkedin', 'social'],
    ['utm_source=facebook.com&utm_medium=referral', 'social'],
    ['utm_source=chatgpt.com', 'ai'],
    ['utm_source=newsletter', 'email'],
    ['utm_source=spring&utm_medium=E-Mail', 'email'],
    ['utm_source=partner&utm_medium=affiliate', 'affiliate'],
    ['utm_source=blog&utm_medium=banner', 'display'],
    ['utm_source=blog&utm_medium=cpm', 'display'],
    ['utm_source=blog&utm_medium=cpc', 'paid_other'],
    ['utm_source=blog&utm_medium=referral', 'referral'],
    ['utm_source=app&utm_medium=web-push', 'push'],
    ['utm_source=app&utm_medium=sms', 'sms'],
    ['utm_source=inbox', 'other'],
    ['utm_campaign=spring', 'other'],
    ['gclid=1', 'paid_search'],
    ['wbraid=1', 'paid_search'],
    ['gbraid=1', 'paid_search'],
    ['msclkid=1', 'paid_search'],
    ['dclid=1', 'display'],
    ['ttclid=1', 'paid_social'],
    ['twclid=1', 'paid_social'],
    ['li_fat_id=1', 'paid_social'],
    ['ScCid=1', 'paid_social'],
    ['mc_cid=1', 'email'],
    ['awc=1', 'affiliate'],
    ['fbclid=1', 'social'],
    ['utm_source=google&gclid=1', 'paid_search'],
    ['utm_source=spring&fbclid=1', 'social'],
    ['utm_source=newsletter&fbclid=1', 'email'],
    ['utm_medium=cpc&gclid=1', 'paid_search'],
    ['gclid=', 'direct'],
    ['q=x', 'direct'],
  ])('%s is %s', (text, channel) => {
    expect(originOf(query(text)).channel).toBe(channel);
  });

  it('fills source, medium, campaign, term and content from UTM parameters', () => {
    const url = `${PAGE}?utm_source=a+b&utm_medium=email&utm_campaign=c%20d&utm_term=t&utm_content=x#y`;

    expect(originOf({ url })).toEqual({
      channel: 'email',
      source: 'a b',
      medium: 'email',
      campaign: 'c d',
      term: 't',
      content: 'x',
    });
  });

  it('takes the query of the page where the URL has none', () => {
    expect(originOf({ url: PAGE, search: '?utm_medium=email' }).channel).toBe('email');
  });

  it('fills source and medium from a click id where nothing is stated', () => {
    const origin = originOf(query('gclid=1', 'https://www.google.com/'));

    expect(origin).toEqual({ channel: 'paid_search', source: 'google', medium: 'cpc' });
  });

  it('keeps the network that the referrer names before the one of fbclid', () => {
    const origin = originOf(query('fbclid=1', 'https://l.instagram.com/'));

    expect(origin).toEqual({ channel: 'social', source: 'instagram', medium: 'social' });
  });

  it('survives parameters that are broken', () => {
    expect(originOf(query('utm_source=%E0%A4%A&utm_medium=%ZZ')).channel).toBe('other');
  });
});

describe('what the client states', () => {
  it('goes before UTM parameters', () => {
    const visit = { ...query('utm_source=google&utm_medium=cpc'), source: 'news', medium: 'email' };

    expect(originOf(visit)).toMatchObject({ channel: 'email', source: 'news', medium: 'email' });
  });

  it('stays as it is for the channel', () => {
    expect(originOf({ ...query('gclid=1'), channel: 'tv_spot' }).channel).toBe('tv_spot');
  });

  it('is other where it is a campaign that no rule knows', () => {
    expect(originOf({ source: 'x9' }, rulesOf(), true).channel).toBe('other');
  });

  it('says nothing of the visit where only a property is named source', () => {
    expect(originOf({ url: PAGE, source: 'sidebar' })).toEqual({ source: 'sidebar' });
  });
});

describe('a referrer', () => {
  it.each([
    ['https://www.google.co.uk/', 'search', 'google', 'organic'],
    ['https://duckduckgo.com/', 'search', 'duckduckgo', 'organic'],
    ['https://de.search.yahoo.com/search?p=x', 'search', 'yahoo', 'organic'],
    ['android-app://com.google.android.googlequicksearchbox/', 'search', 'google', 'organic'],
    ['https://gemini.google.com/', 'ai', 'gemini', 'ai'],
    ['https://chatgpt.com/', 'ai', 'chatgpt', 'ai'],
    ['https://www.perplexity.ai/search?q=x', 'ai', 'perplexity', 'ai'],
    ['https://x.com/i/grok', 'ai', 'grok', 'ai'],
    ['https://x.com/somebody', 'social', 'twitter', 'social'],
    ['https://lm.facebook.com/', 'social', 'facebook', 'social'],
    ['https://old.reddit.com/r/x', 'social', 'reddit', 'social'],
    ['https://mail.google.com/mail/u/0', 'email', 'gmail', 'email'],
    ['https://webmail.isp.example/', 'email', 'webmail.isp.example', 'email'],
    ['https://docs.google.com/', 'referral', 'docs.google.com', 'referral'],
    ['https://www.blog.example/post', 'referral', 'blog.example', 'referral'],
  ])('%s is %s of %s', (referrer, channel, source, medium) => {
    expect(originOf({ url: PAGE, referrer })).toEqual({ channel, source, medium });
  });

  it.each(['', '$direct', 'about:blank', 'chrome-extension://abc/'])('%j is none', (referrer) => {
    expect(originOf({ url: PAGE, referrer })).toEqual({ channel: 'direct' });
  });

  it('of the same site says nothing', () => {
    expect(originOf({ url: PAGE, referrer: 'https://pay.shop.example/done' })).toEqual({});
  });

  it('of another shop at the same host of shops is one', () => {
    const visit = { url: 'https://a.myshopify.com/', referrer: 'https://b.myshopify.com/' };

    expect(originOf(visit).channel).toBe('referral');
  });

  it('of a country with shared second levels is another site', () => {
    const visit = { url: 'https://shop.co.uk/', referrer: 'https://blog.co.uk/' };

    expect(originOf(visit).channel).toBe('referral');
  });

  it('of one of the origins of the app says nothing', () => {
    const rules = rulesOf([], ['https://shop.example', 'https://checkout.other.example']);

    expect(originOf({ url: PAGE, referrer: 'https://checkout.other.example/' }, rules)).toEqual({});
  });

  it('is no reason to call an event without a page direct', () => {
    expect(originOf({})).toEqual({});
  });
});

describe('rules of the config', () => {
  const rules = rulesOf([
    { channel: 'internal', referrers: ['pay.example'] },
    { channel: 'partner', mediums: ['Coop-*'], sources: ['alpha', 'beta'] },
    { channel: 'podcast', parameters: ['Pod'] },
    { channel: 'press', referrers: ['news.example'] },
    { channel: 'black_friday', campaigns: ['bf*'] },
  ]);

  it.each([
    ['utm_source=Alpha&utm_medium=coop-2', undefined, 'partner'],
    ['utm_source=gamma&utm_medium=coop-2', undefined, 'other'],
    ['pod=7&gclid=1', undefined, 'podcast'],
    ['', 'https://m.news.example/a', 'press'],
    ['utm_campaign=BF26&utm_medium=email', undefined, 'black_friday'],
  ])('go before the built-in ones: %s %s is %s', (text, referrer, channel) => {
    expect(originOf(query(text, referrer), rules).channel).toBe(channel);
  });

  it('make hosts internal', () => {
    expect(originOf({ url: PAGE, referrer: 'https://www.pay.example/ok' }, rules)).toEqual({});
  });
});
