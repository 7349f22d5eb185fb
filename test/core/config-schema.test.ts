import type { AppConfig, MillraceConfig } from '../../core/config.ts';
import { InvalidConfigError, parseConfig } from '../../core/config-schema.ts';
import { DEFAULT_PRIVACY } from '../../core/privacy.ts';
import sample from '../../millrace.config.ts';

function makeApp(changes: Partial<AppConfig> = {}): AppConfig {
  return { id: 'shop', writeKeys: [{ key: 'shop-key-1' }], readKeys: [], ...changes };
}

const endless: { itself?: object } = {};
endless.itself = endless;

/** Problems of a config, as the error lists them. */
function problems(config: unknown): readonly string[] {
  try {
    parseConfig(config);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseConfig', () => {
  it('fills in every default of the smallest config', () => {
    const parsed = parseConfig({ apps: [makeApp()] } satisfies MillraceConfig);

    expect(parsed).toEqual({
      apps: [
        {
          id: 'shop',
          writeKeys: [{ key: 'shop-key-1', kind: 'public' }],
          readKeys: [],
          unknownEvents: 'accept',
          dimensions: [],
          funnels: [],
          requestsPerSecond: 1_000,
          timeZone: 'UTC',
          origins: ['*'],
          channelRules: [],
          privacy: DEFAULT_PRIVACY,
          visitors: {
            cookie: false,
            gpc: 'anonymous',
            dnt: 'full',
            consent: { category: [], whenDenied: 'anonymous', whenMissing: 'full' },
          },
          snowplow: { appIds: [], isDefault: false },
        },
      ],
      collection: { basePaths: ['/', '/in'], snowplowPostPaths: [] },
      stream: { mode: 'on-demand' },
      delivery: { bufferSeconds: 300, bufferMiB: 128 },
      retention: { deadLetterDays: 30, resultDays: 7, logDays: 30, streamHours: 48 },
      builds: { concurrency: 5, dedupWindowDays: 7, keepRetiredHours: 24 },
      query: {
        bytesLimit: 100_000_000_000,
        buildBytesLimit: 1_000_000_000_000,
        deadlineSeconds: 25,
      },
    });
  });

  it('takes the sample config of the repository', () => {
    expect(parseConfig(sample).apps[0]?.funnels[0]?.steps).toHaveLength(6);
  });

  it('parses its own result to the same, so that bundles can check what they carry', () => {
    const parsed = parseConfig(sample);

    expect(parseConfig(structuredClone(parsed))).toEqual(parsed);
  });

  it('lists every problem with its path, the value got and what is allowed', () => {
    expect(
      problems({
        apps: [makeApp({ id: 'Shop', timeZone: 'Mars' })],
        delivery: { bufferSeconds: 30 },
        retention: { logDays: 2 },
      }),
    ).toEqual([
      'apps[0].id: got "Shop", allowed: a lower-case letter, then letters, digits, _ and -, at most 40 characters',
      'apps[0].timeZone: got "Mars", allowed: an IANA time zone, as Europe/Berlin',
      'delivery.bufferSeconds: got 30, allowed: a whole number from 60 to 900',
      expect.stringMatching(/^retention\.logDays: got 2, allowed: one of 1, 3, 5, 7/),
    ]);
  });

  it('refuses base paths and domains that no client could reach', () => {
    const collection = {
      basePaths: ['/', '/v1/ours', '/In', '/in/', '/'],
      domain: {
        name: 'https://shop.example',
        certificateArn: 'arn:aws:iam::1:server-certificate/x',
      },
    };
    const path =
      '/ or a path of up to three names of a-z, 0-9, _ and -, as /in, that begins with none of /v1, /health, /robots.txt, /sourceConfig, /pixel, /beacon, /com.snowplowanalytics.iglu';

    expect(problems({ apps: [makeApp()], collection })).toEqual([
      `collection.basePaths[1]: got "/v1/ours", allowed: ${path}`,
      `collection.basePaths[2]: got "/In", allowed: ${path}`,
      `collection.basePaths[3]: got "/in/", allowed: ${path}`,
      'collection.domain.name: got "https://shop.example", allowed: a domain in lower case, as events.shop.example',
      expect.stringMatching(/^collection\.domain\.certificateArn: got "arn:aws:iam/),
    ]);
    expect(problems({ apps: [makeApp()], collection: { basePaths: ['/in', '/in'] } })).toEqual([
      'collection.basePaths[1]: got "/in", allowed: a value of its own, collection.basePaths[0] has it too',
    ]);
  });

  it('refuses paths and app ids of Snowplow trackers that are taken', () => {
    const apps = [
      makeApp({ snowplow: { appIds: ['web', 'shop-key-1'], isDefault: true } }),
      makeApp({
        id: 'blog',
        writeKeys: [{ key: 'blog-key-1' }],
        snowplow: { appIds: ['web', 'shop-key-1', ''], isDefault: true },
      }),
    ];
    const collection = { snowplowPostPaths: ['/com.acme/t1', '/v1/track', 'x', '/com.acme/t1'] };

    expect(problems({ apps: [makeApp()], collection })).toEqual([
      expect.stringMatching(
        /^collection\.snowplowPostPaths\[1\]: got "\/v1\/track", allowed: a path/,
      ),
      expect.stringMatching(/^collection\.snowplowPostPaths\[2\]: got "x", allowed: a path/),
    ]);
    expect(problems({ apps })).toEqual([
      'apps[1].snowplow.appIds[2]: got "", allowed: 1 to 255 characters, none of control',
    ]);
    expect(problems({ apps: JSON.parse(JSON.stringify(apps).replace(',""', '')) })).toEqual([
      'apps[1].snowplow.appIds[0]: got "web", allowed: a value of its own, apps[0].snowplow.appIds[0] has it too',
      'apps[1].snowplow.appIds[1]: got "shop-key-1", allowed: a value of its own, apps[0].writeKeys[0].key has it too',
      'apps[1].snowplow.isDefault: got true, allowed: true for one app, and apps[0] has it',
    ]);
  });

  it('refuses an unknown key and names the nearest known one', () => {
    expect(problems({ apps: [makeApp()], delivery: { bufferSecond: 60 } })).toEqual([
      'delivery.bufferSecond: unknown key, did you mean bufferSeconds? allowed: bufferSeconds, bufferMiB',
    ]);
  });

  it('guesses no key where none is near', () => {
    expect(problems({ apps: [makeApp()], colour: 'red' })).toEqual([
      'colour: unknown key, allowed: apps, collection, stream, delivery, retention, builds, query',
    ]);
  });

  it.each([
    ['a missing app list', {}, 'apps: got nothing, allowed: a list of at least 1'],
    ['no app', { apps: [] }, 'apps: got [], allowed: a list of at least 1'],
    ['no object', null, 'config: got null, allowed: an object'],
    [
      'shards that are missing',
      { apps: [makeApp()], stream: { mode: 'provisioned' } },
      'stream.shards: got nothing, allowed: a whole number from 1 to 500',
    ],
    [
      'an allow-list of origins that allows none',
      { apps: [makeApp({ origins: [] })] },
      "apps[0].origins: got [], allowed: a list of at least 1, as ['https://shop.example'], or no origins at all, which allows every page",
    ],
    [
      'an unknown mode of the stream, and shows the mode alone',
      { apps: [makeApp()], stream: { mode: 'fast', shards: 3 } },
      "stream.mode: got \"fast\", allowed: 'on-demand', or 'provisioned' with shards",
    ],
    [
      'a stream without a mode',
      { apps: [makeApp()], stream: {} },
      "stream.mode: got nothing, allowed: 'on-demand', or 'provisioned' with shards",
    ],
    [
      'a stream that is a text',
      { apps: [makeApp()], stream: 'on-demand' },
      "stream: got \"on-demand\", allowed: an object with mode 'on-demand', or 'provisioned' with shards",
    ],
    [
      'a number that JSON has no word for',
      { apps: [makeApp({ requestsPerSecond: Number.POSITIVE_INFINITY })] },
      'apps[0].requestsPerSecond: got Infinity, allowed: a whole number from 1 to 100,000',
    ],
    [
      'a bigint',
      { apps: [makeApp()], query: { bytesLimit: 1n } },
      'query.bytesLimit: got 1, allowed: a whole number of at least 10,000,000',
    ],
    [
      'an object that holds itself',
      { apps: [makeApp()], retention: { rawDays: endless } },
      'retention.rawDays: got an object that is no JSON, allowed: a whole number from 1 to 36,500',
    ],
    ...[0, '0s', 'PT0S'].map((window): [string, object, unknown] => [
      `a window of ${window}, which nobody means`,
      {
        apps: [makeApp({ funnels: [{ name: 'checkout', window, steps: [{ event: 'home' }] }] })],
      },
      expect.stringMatching(/^apps\[0\]\.funnels\[0\]\.window: got 0, .*allowed: 30m, .*36525d/),
    ]),
    [
      'an origin with a path',
      { apps: [makeApp({ origins: ['https://shop.example/'] })] },
      'apps[0].origins[0]: got "https://shop.example/", allowed: an origin without a path, as https://shop.example, or * for all',
    ],
    [
      'a rule of channels without a condition',
      { apps: [makeApp({ channelRules: [{ channel: 'partner' }] })] },
      'apps[0].channelRules[0]: got [], allowed: one of sources, mediums, campaigns, referrers, parameters at least',
    ],
    [
      'internal hosts with another condition',
      { apps: [makeApp({ channelRules: [{ channel: 'internal', sources: ['x'] }] })] },
      'apps[0].channelRules[0]: got ["sources"], allowed: referrers alone where the channel is internal',
    ],
    [
      'a referrer with a scheme',
      {
        apps: [makeApp({ channelRules: [{ channel: 'pay', referrers: ['https://pay.example'] }] })],
      },
      'apps[0].channelRules[0].referrers[0]: got "https://pay.example", allowed: a host without scheme, port, path and *, as pay.example: its subdomains are meant too',
    ],
    [
      'a * amid a source',
      { apps: [makeApp({ channelRules: [{ channel: 'pay', sources: ['a*b'] }] })] },
      'apps[0].channelRules[0].sources[0]: got "a*b", allowed: 1 to 200 characters, a * at the end only',
    ],
    [
      'a dimension that is a column already',
      { apps: [makeApp({ dimensions: [{ name: 'country', property: 'country' }] })] },
      expect.stringMatching(/^apps\[0\]\.dimensions\[0\]\.name: got "country"/),
    ],
    [
      'an origin with a wildcard, which no browser sends',
      { apps: [makeApp({ origins: ['https://*.shop.example'] })] },
      expect.stringMatching(/^apps\[0\]\.origins\[0\]: got "https:..\*\.shop\.example"/),
    ],
    [
      'an offset as a time zone, which questions refuse',
      { apps: [makeApp({ timeZone: '+01:00' })] },
      'apps[0].timeZone: got "+01:00", allowed: an IANA time zone, as Europe/Berlin',
    ],
    [
      'a property that no statement can hold',
      { apps: [makeApp({ dimensions: [{ name: 'plan', property: 'a\0b' }] })] },
      expect.stringMatching(/^apps\[0\]\.dimensions\[0\]\.property: got/),
    ],
    ...['t', 'k', 'counted', 'place', 'signup_at', 'plan_2'].map(
      (name): [string, object, unknown] => [
        `the dimension ${name}, which facts have anyway`,
        { apps: [makeApp({ dimensions: [{ name, property: 'p' }] })] },
        expect.stringContaining(`apps[0].dimensions[0].name: got "${name}"`),
      ],
    ),
  ])('refuses %s', (_case, config, problem) => {
    expect(problems(config)).toEqual([problem]);
  });

  it("refuses a funnel by its compiler's rules, with its path", () => {
    const funnel = { name: 'checkout', window: 'soon', steps: [{ event: 'home' }] };

    expect(problems({ apps: [makeApp({ funnels: [funnel] })] })).toEqual([
      expect.stringMatching(/^apps\[0\]\.funnels\[0\]\.window.*"soon"/),
    ]);
  });

  it('refuses a key that two apps have, because a key alone tells the app', () => {
    expect(problems({ apps: [makeApp(), makeApp({ id: 'blog' })] })).toEqual([
      'apps[1].writeKeys[0].key: got "shop-key-1", allowed: a value of its own, apps[0].writeKeys[0].key has it too',
    ]);
  });
});
