import { AnalyticsBrowser, type Context } from '@segment/analytics-next';

/** What the page did: the client's own message ids, times and ids. */
export interface SegmentCalls {
  readonly anonymousId: string;
  readonly calls: readonly {
    readonly type: string;
    readonly messageId: string;
    readonly timestamp: string;
  }[];
}

/** What is set otherwise than by the settings route. */
export interface SegmentOptions {
  readonly integrations?: {
    readonly 'Segment.io': {
      readonly apiHost: string;
      readonly protocol: 'http';
      readonly deliveryStrategy: {
        readonly strategy: 'batching';
        readonly config: { readonly size: number; readonly timeout: number };
      };
    };
  };
}

/** One call of each type. */
const CALLS = {
  page: (analytics) => analytics.page('Shop', 'Checkout', { step: 1 }),
  track: (analytics) =>
    analytics.track('Order Placed', { total: 19.9, items: ['a', 'b'], note: 'Grüße ☕' }),
  alias: (analytics) => analytics.alias('user-7', 'guest-1'),
  identify: (analytics) => analytics.identify('user-7', { plan: 'pro', seats: 3 }),
  group: (analytics) => analytics.group('company-3', { seats: 12 }),
  screen: (analytics) => analytics.screen('Cart', { step: 2 }),
} as const satisfies Record<string, (analytics: AnalyticsBrowser) => Promise<Context>>;

/** A call that the page can make. */
export type SegmentCall = keyof typeof CALLS;

/** Loads the client with its settings from a server and makes the calls, by default one of each type. */
export type RunSegment = (
  writeKey: string,
  cdnURL: string,
  options: SegmentOptions,
  calls?: readonly SegmentCall[],
) => Promise<SegmentCalls>;

const run: RunSegment = async (
  writeKey,
  cdnURL,
  options,
  calls = Object.keys(CALLS) as SegmentCall[],
) => {
  const analytics = new AnalyticsBrowser();
  analytics.load({ writeKey, cdnURL }, options);
  const contexts: Context[] = [];
  for (const call of calls) contexts.push(await CALLS[call](analytics));
  const [loaded] = await analytics;
  return {
    anonymousId: String(loaded.user().anonymousId()),
    calls: contexts.map(({ event }) => ({
      type: event.type,
      messageId: String(event.messageId),
      timestamp: new Date(event.timestamp ?? 0).toISOString(),
    })),
  };
};

Object.assign(globalThis, { runSegment: run });
