import { AnalyticsBrowser } from '@segment/analytics-next';

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

/** Loads the client with its settings from a server and makes one call of each type. */
export type RunSegment = (
  writeKey: string,
  cdnURL: string,
  options: SegmentOptions,
) => Promise<SegmentCalls>;

const run: RunSegment = async (writeKey, cdnURL, options) => {
  const analytics = new AnalyticsBrowser();
  analytics.load({ writeKey, cdnURL }, options);
  const contexts = [
    await analytics.page('Shop', 'Checkout', { step: 1 }),
    await analytics.track('Order Placed', { total: 19.9, items: ['a', 'b'], note: 'Grüße ☕' }),
    await analytics.alias('user-7', 'guest-1'),
    await analytics.identify('user-7', { plan: 'pro', seats: 3 }),
    await analytics.group('company-3', { seats: 12 }),
    await analytics.screen('Cart', { step: 2 }),
  ];
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
