import { type Random, seededRandom } from './random.ts';

/** A call of the Segment spec at its time (epoch ms). */
export interface TimedCall {
  readonly at: number;
  readonly call: Readonly<Record<string, unknown>> & { readonly messageId: string };
}

const HOUR_MS = 3_600_000;

/** Steps of the shop's funnel: chance to come from the step before, and mean ms since then. */
const STEPS = [
  { event: 'home', chance: 1, meanGapMs: 0 },
  { event: 'search', chance: 0.72, meanGapMs: 12_000 },
  { event: 'product', chance: 0.78, meanGapMs: 20_000 },
  { event: 'cart', chance: 0.42, meanGapMs: 35_000 },
  { event: 'payment', chance: 0.62, meanGapMs: 25_000 },
  { event: 'confirmation', chance: 0.74, meanGapMs: 40_000 },
] as const;

const DEVICES = [
  [
    {
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      type: 'mobile',
      browser: 'Safari',
      os: 'iOS',
      width: 390,
      height: 844,
      patience: 0.86,
    },
    30,
  ],
  [
    {
      userAgent:
        'Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
      type: 'mobile',
      browser: 'Chrome',
      os: 'Android',
      width: 412,
      height: 915,
      patience: 0.82,
    },
    27,
  ],
  [
    {
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      type: 'desktop',
      browser: 'Chrome',
      os: 'Windows',
      width: 1920,
      height: 1080,
      patience: 1,
    },
    26,
  ],
  [
    {
      userAgent:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      type: 'desktop',
      browser: 'Safari',
      os: 'macOS',
      width: 1440,
      height: 900,
      patience: 1.05,
    },
    12,
  ],
  [
    {
      userAgent:
        'Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1',
      type: 'tablet',
      browser: 'Safari',
      os: 'iPadOS',
      width: 820,
      height: 1180,
      patience: 0.95,
    },
    5,
  ],
] as const;

const ARRIVALS = [
  [{ channel: 'search', referrer: 'https://www.google.com/' }, 34],
  [{ channel: 'direct' }, 22],
  [{ channel: 'paid_search', campaign: { source: 'google', medium: 'cpc', name: 'autumn' } }, 14],
  [{ channel: 'email', campaign: { source: 'newsletter', medium: 'email', name: 'weekly' } }, 10],
  [{ channel: 'social', referrer: 'https://www.facebook.com/' }, 8],
  [
    {
      channel: 'paid_social',
      campaign: { source: 'instagram', medium: 'paid_social', name: 'looks' },
    },
    7,
  ],
  [{ channel: 'referral', referrer: 'https://blog.example.org/best-mugs' }, 5],
] as const;

const COUNTRIES = [
  [['DE', 'de-DE'], 30],
  [['US', 'en-US'], 26],
  [['GB', 'en-GB'], 14],
  [['FR', 'fr-FR'], 12],
  [['PT', 'pt-PT'], 8],
  [['IN', 'en-IN'], 10],
] as const;

const PLANS = [
  ['free', 60],
  ['plus', 30],
  ['business', 10],
] as const;

/** Events that a visit has on average; with it a rate of events becomes one of visits. */
export const MEAN_EVENTS_PER_VISIT = STEPS.reduce<{ reach: number; sum: number }>(
  ({ reach, sum }, { chance }) => ({ reach: reach * chance, sum: sum + reach * chance }),
  { reach: 1, sum: 0 },
).sum;

/**
 * One visit: who, with what, from where, and how far through the funnel. A third of the visitors have come before and are
 * known by a user id.
 */
export function visit(random: Random, startsAt: number): TimedCall[] {
  const device = random.pick<Device>(DEVICES);
  const [country, locale] = random.pick<readonly [country: string, locale: string]>(COUNTRIES);
  const { channel, campaign, referrer } = random.pick<Arrival>(ARRIVALS);
  const known = random.chance(0.33) ? Math.floor(random.next() * 2_000) : undefined;
  const plan = known === undefined ? 'free' : random.pick(PLANS);
  const ids =
    known === undefined
      ? { anonymousId: random.uuid() }
      : { anonymousId: seededRandom(`visitor ${known}`).uuid(), userId: `customer-${known}` };
  const order = Math.round(1_500 + random.exponential(4_000)) / 100;
  const calls: TimedCall[] = [];
  let at = startsAt;
  for (const { event, chance, meanGapMs } of STEPS) {
    if (!random.chance(Math.min(1, chance * (event === 'home' ? 1 : device.patience)))) break;
    at += Math.round(meanGapMs === 0 ? 0 : 1_000 + random.exponential(meanGapMs));
    calls.push({
      at,
      call: {
        type: 'track',
        event,
        ...ids,
        messageId: random.uuid(),
        timestamp: new Date(at).toISOString(),
        properties: {
          plan,
          channel,
          ...(event === 'confirmation' ? { revenue: order, currency: 'EUR' } : {}),
        },
        context: {
          userAgent: device.userAgent,
          device: { type: device.type },
          browser: { name: device.browser },
          os: { name: device.os },
          locale,
          location: { country },
          screen: { width: device.width, height: device.height },
          page: {
            url: `https://shop.example/${event === 'home' ? '' : event}`,
            path: `/${event === 'home' ? '' : event}`,
            title: event,
            ...(referrer === undefined ? {} : { referrer }),
          },
          ...(campaign === undefined ? {} : { campaign }),
        },
      },
    });
  }
  return calls;
}

interface Device {
  readonly userAgent: string;
  readonly type: string;
  readonly browser: string;
  readonly os: string;
  readonly width: number;
  readonly height: number;
  /** Factor of the chance of each further step. */
  readonly patience: number;
}

interface Arrival {
  readonly channel: string;
  readonly referrer?: string;
  readonly campaign?: Readonly<Record<string, string>>;
}

/**
 * Past visits, more by day than by night. Each hour has its own sequence, so that a second start makes the very same events
 * (message ids too) and nothing doubles.
 * @param visitsPerHour Mean.
 */
export function history(
  seed: string,
  now: number,
  hours: number,
  visitsPerHour: number,
): TimedCall[] {
  const thisHour = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: hours + 1 }, (_, i) => thisHour - (hours - i) * HOUR_MS)
    .flatMap((hour) => {
      const random = seededRandom(`${seed} ${hour}`);
      const load = 1 + 0.6 * Math.sin(((new Date(hour).getUTCHours() - 8) / 24) * 2 * Math.PI);
      const calls: TimedCall[] = [];
      const meanGapMs = HOUR_MS / (visitsPerHour * load);
      let at = hour + random.exponential(meanGapMs);
      while (at < hour + HOUR_MS) {
        calls.push(...visit(random, Math.floor(at)));
        at += random.exponential(meanGapMs);
      }
      return calls;
    })
    .filter(({ at }) => at <= now)
    .sort((a, b) => a.at - b.at);
}
