import {
  enableActivityTracking,
  newTracker,
  setUserId,
  trackPageView,
  trackSelfDescribingEvent,
  trackStructEvent,
} from '@snowplow/browser-tracker';

/** An event's parameters as the tracker made them. */
export type SnowplowPayload = Readonly<Record<string, string | undefined>>;

/** How the tracker sends. */
export interface SnowplowOptions {
  readonly eventMethod: 'get' | 'post';
  readonly encodeBase64: boolean;
  /** Path of its requests by POST. Default: the tracker's own. */
  readonly postPath?: string;
  /** Whether it sends no ids, and asks the server for none. */
  readonly anonymous: boolean;
}

/** Tracks events of each kind, pings as well. Gives them when all are answered with 200. */
export type RunSnowplow = (
  collector: string,
  appId: string,
  options: SnowplowOptions,
) => Promise<readonly SnowplowPayload[]>;

/** Seconds between pings: the tracker's least. */
const PING_SECONDS = 1;
const PINGS = 2;
const LONGEST_MS = 15_000;

const run: RunSnowplow = async (collector, appId, { anonymous, ...options }) => {
  const made: SnowplowPayload[] = [];
  let answered = 0;
  const failures: string[] = [];
  // High enough to be scrolled.
  const { document } = globalThis as unknown as {
    document: { body: { style: { height: string } } };
  };
  document.body.style.height = '5000px';
  newTracker(`sp-${options.eventMethod}`, collector, {
    ...options,
    appId,
    contexts: { session: true },
    anonymousTracking: anonymous && { withServerAnonymisation: true, withSessionTracking: true },
    onRequestSuccess: (events) => {
      answered += events.length;
    },
    onRequestFailure: ({ status, message }) => failures.push(`${status} ${message}`),
    plugins: [{ afterTrack: (payload) => made.push({ ...payload } as SnowplowPayload) }],
  });
  setUserId('user-7');
  enableActivityTracking({ minimumVisitLength: PING_SECONDS, heartbeatDelay: PING_SECONDS });
  trackPageView({
    context: [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { plan: 'pro', n: 'Grüße' } }],
  });
  trackStructEvent({ category: 'shop', action: 'add-to-basket', property: 'pcs', value: 2.5 });
  trackSelfDescribingEvent({
    event: {
      schema: 'iglu:com.acme/checkout/jsonschema/1-0-0',
      data: { value: 12.5, note: 'Grüße ☕' },
    },
  });
  const end = Date.now() + LONGEST_MS;
  const pings = () => made.filter(({ e }) => e === 'pp').length;
  while (pings() < PINGS || answered < made.length) {
    if (failures.length > 0 || Date.now() > end) {
      throw new Error(
        `${made.length} events, ${pings()} of them pings, ${answered} answered; ${failures.join(', ')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return made.slice(0, answered);
};

Object.assign(globalThis, { runSnowplow: run });
