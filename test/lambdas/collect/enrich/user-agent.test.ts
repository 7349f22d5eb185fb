import { AgentCache, agentOf, readAgent } from '../../../../lambdas/collect/enrich/user-agent.ts';

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const CHROME = `${WINDOWS} Chrome/156.0.0.0 Safari/537.36`;
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

describe('readAgent', () => {
  it.each([
    [CHROME, 'desktop', 'Chrome', 'Windows'],
    [`${CHROME} Edg/156.0.0.0`, 'desktop', 'Edge', 'Windows'],
    [`${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`, 'mobile', 'Safari', 'iOS'],
    [`${IPHONE} Mobile/15E148 Instagram 356.0.0.29.100`, 'mobile', 'Instagram', 'iOS'],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
      'tablet',
      'Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (PlayStation; PlayStation 5/5.50) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'console',
      'Safari',
      'PlayStation',
    ],
    [
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/6.0 TV Safari/538.1',
      'tv',
      'Tizen',
      'Tizen',
    ],
  ])('%s is of a %s', (userAgent, device, browser, os) => {
    expect(readAgent(userAgent)).toEqual({ device, browser, os, is_bot: false });
  });

  it.each([
    GOOGLEBOT,
    'curl/8.5.0',
    'python-requests/2.32',
    `${WINDOWS} HeadlessChrome/156.0.0.0 Safari/537.36`,
  ])('%s is a bot', (userAgent) => {
    expect(readAgent(userAgent)).toMatchObject({ device: 'bot', is_bot: true });
  });

  it('takes an app on a phone for no bot', () => {
    const app = readAgent('Groupon/2.8.3084 (Android 4.3; LGE Mako / Google Nexus 4)');

    expect(app).toMatchObject({ is_bot: false, device: 'mobile', os: 'Android' });
  });

  it.each(['', ' ', 'x'.repeat(500), '('.repeat(500), '\u0000'])('takes any text', (text) => {
    expect(() => readAgent(text)).not.toThrow();
  });
});

describe('agentOf', () => {
  const cache = new AgentCache(10);
  const nothing = { is_bot: false };

  it('takes the user agent of the event before the one of the request', () => {
    const agent = agentOf({ stated: CHROME, request: GOOGLEBOT, kind: 'public' }, cache);

    expect(agent).toMatchObject({ browser: 'Chrome', is_bot: false });
  });

  it('takes the one of the request where a public key sends', () => {
    expect(agentOf({ request: CHROME, kind: 'public' }, cache).browser).toBe('Chrome');
  });

  it.each(['analytics-node/3.0.13', 'okhttp/4.12.0', 'node', 'Shop/7 CFNetwork/1498 Darwin/23.6'])(
    'takes %s, a library, for no visitor and no bot',
    (request) => {
      expect(agentOf({ request, kind: 'public' }, cache)).toEqual(nothing);
    },
  );

  it('does not take the request of a server for the visitor', () => {
    expect(agentOf({ request: CHROME, kind: 'server' }, cache)).toEqual(nothing);
  });

  it('labels bots that a server passes on, but not what only a program would send', () => {
    expect(agentOf({ stated: GOOGLEBOT, kind: 'server' }, cache).is_bot).toBe(true);
    expect(agentOf({ stated: 'import-job/1.0', kind: 'server' }, cache)).toEqual(nothing);
  });
});

describe('AgentCache', () => {
  it('gives the same answer again, and the right one after it forgot', () => {
    const cache = new AgentCache(2);
    const first = cache.of(CHROME);

    expect(cache.of(CHROME)).toBe(first);
    cache.of(GOOGLEBOT);
    cache.of('curl/8.5.0');
    expect(cache.of(CHROME)).not.toBe(first);
    expect(cache.of(CHROME)).toEqual(first);
  });
});
