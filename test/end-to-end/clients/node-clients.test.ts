import { setTimeout as sleep } from 'node:timers/promises';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import type { EventType } from '../../../core/event.ts';
import { differences, type RawEvent, readRawEvents, type SentEvent } from '../raw-events.ts';
import { removeStacks, startTestStack, type TestStack } from '../stack.ts';

const WRITE_KEY = 'shop-server-key';
/** When the calls are said to have happened: a client's own time is kept to the millisecond. */
const MADE_AT = Date.now() - 3 * 3_600_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

/** One call of each type, as both clients take them, and what must become of it. */
const CALLS = [
  {
    type: 'identify',
    message: { userId: 'u-1', anonymousId: 'a-1', traits: { plan: 'pro', seats: 12 } },
    stored: { user_id: 'u-1', anonymous_id: 'a-1', traits: { plan: 'pro', seats: 12 } },
  },
  {
    type: 'track',
    message: {
      userId: 'u-1',
      event: 'Signed Up',
      properties: { total: 19.9, note: 'Grüße ☕', items: [{ sku: 'x' }] },
      context: { page: { url: 'https://shop.example/a?b=c', path: '/a' }, locale: 'de-DE' },
    },
    stored: {
      event: 'Signed Up',
      user_id: 'u-1',
      url: 'https://shop.example/a?b=c',
      path: '/a',
      locale: 'de-DE',
      properties: { total: 19.9, note: 'Grüße ☕', items: [{ sku: 'x' }] },
    },
  },
  {
    type: 'page',
    message: { anonymousId: 'a-1', name: 'Home', category: 'Shop', properties: { path: '/home' } },
    stored: { event: 'Home', anonymous_id: 'a-1', path: '/home', properties: { category: 'Shop' } },
  },
  {
    type: 'screen',
    message: { anonymousId: 'a-1', name: 'Cart', properties: { size: 3 } },
    stored: { event: 'Cart', anonymous_id: 'a-1', properties: { size: 3 } },
  },
  {
    type: 'group',
    message: { userId: 'u-1', groupId: 'g-1', traits: { name: 'Ann & Co' } },
    stored: { user_id: 'u-1', group_id: 'g-1', traits: { name: 'Ann & Co' } },
  },
  {
    type: 'alias',
    message: { userId: 'u-1', previousId: 'a-0' },
    stored: { user_id: 'u-1', previous_id: 'a-0' },
  },
] as const satisfies readonly { type: EventType; message: object; stored: RawEvent }[];

/** What must be stored of the calls whose message ids begin so. */
function expected(prefix: string): SentEvent[] {
  return CALLS.map(({ type, stored }) => ({
    ...stored,
    app_id: 'shop',
    type,
    message_id: `${prefix}-${type}`,
    event_at: MADE_AT,
  }));
}

test("Segment's client for Node: each call is stored with its own id, time and properties", async () => {
  // Prepare
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: stack.apiUrl, flushAt: 4 });
  const errors: unknown[] = [];
  analytics.on('error', (error) => errors.push(error));
  // Act
  for (const { type, message } of CALLS) {
    const call = { ...message, messageId: `segment-${type}`, timestamp: new Date(MADE_AT) };
    (analytics[type] as (given: object) => void).call(analytics, call);
  }
  await analytics.closeAndFlush();
  // Assess
  expect(errors).toEqual([]);
  expect(differences(expected('segment'), await readRawEvents(stack))).toEqual([]);
});

test("message ids that Segment's client makes are the ones that are stored", async () => {
  // Prepare
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: stack.apiUrl, path: '/in/b' });
  const sent: SentEvent[] = [];
  analytics.on('track', ({ event }) => {
    sent.push({ message_id: String(event.messageId), event: 'Made An Id', user_id: 'u-2' });
  });
  // Act
  for (let i = 0; i < 40; i += 1) analytics.track({ userId: 'u-2', event: 'Made An Id' });
  await analytics.closeAndFlush();
  // Assess
  expect(sent).toHaveLength(40);
  expect(differences(sent, await readRawEvents(stack))).toEqual([]);
});

test.each([
  ['packed with gzip', true],
  ['as it is', false],
])(
  "RudderStack's client for Node, %s: each call is stored with its own id, time and properties",
  async (_, gzip) => {
    // Prepare
    const prefix = `rudder-${gzip}`;
    const client = new RudderAnalytics(WRITE_KEY, {
      dataPlaneUrl: stack.apiUrl,
      gzip,
      flushAt: 20,
      logLevel: 'error',
    });
    // Act
    const answers = CALLS.map(
      ({ type, message }) =>
        new Promise<void>((resolve, reject) => {
          const call = {
            ...message,
            messageId: `${prefix}-${type}`,
            originalTimestamp: new Date(MADE_AT),
          };
          const done = (error?: Error) => (error ? reject(error) : resolve());
          (client[type] as (given: object, done: (error?: Error) => void) => void).call(
            client,
            call,
            done,
          );
        }),
    );
    // The first call goes alone; the others wait until it has gone.
    await sleep(50);
    await client.flush();
    await Promise.all(answers);
    // Assess
    expect(differences(expected(prefix), await readRawEvents(stack))).toEqual([]);
  },
);

test("a wrong key ends a client's tries: it hears of it once, and nothing is stored", async () => {
  // Prepare
  const analytics = new Analytics({ writeKey: 'nobody-knows', host: stack.apiUrl, maxRetries: 5 });
  const reasons: unknown[] = [];
  analytics.on('error', ({ reason }) => reasons.push(reason));
  // Act
  analytics.track({ userId: 'u-9', event: 'Lost', messageId: 'segment-lost' });
  await analytics.closeAndFlush();
  // Assess
  expect(reasons.map(String)).toEqual([expect.stringContaining('401')]);
  expect(differences([{ message_id: 'segment-lost' }], await readRawEvents(stack))).toEqual([
    'event  segment-lost is missing',
  ]);
});
