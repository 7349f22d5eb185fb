import { setTimeout as sleep } from 'node:timers/promises';
import {
  buildAddToCart,
  buildEcommerceTransaction,
  buildEcommerceTransactionItem,
  buildPagePing,
  buildPageView,
  buildSelfDescribingEvent,
  buildStructEvent,
  newTracker,
  type PayloadBuilder,
  type SelfDescribingJson,
} from '@snowplow/node-tracker';
import { defineConfig } from '../../../core/config.ts';
import sampleConfig from '../../../millrace.config.ts';
import { differences, type RawEvent, readRawEvents, type SentEvent } from '../raw-events.ts';
import { removeStacks, startTestStack, type TestStack } from '../stack.ts';

const SERVER_KEY = 'shop-server-key';
const CONFIG = defineConfig({
  ...sampleConfig,
  collection: { snowplowPostPaths: ['/com.acme/t1'] },
  apps: sampleConfig.apps.map((app) => ({ ...app, snowplow: { appIds: ['shop-web'] } })),
});
/** What the tracker says that it happened: a server key's own time is kept to the millisecond. */
const MADE_AT = Date.now() - 100 * 86_400_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ config: CONFIG });
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

const CHECKOUT = 'iglu:com.acme/checkout/jsonschema/1-0-0';
const SHOP = 'iglu:com.snowplowanalytics.snowplow.ecommerce';
const USER = {
  schema: 'iglu:com.acme/user/jsonschema/1-0-0',
  data: { plan: 'pro', name: 'Müller ☕' },
};
const PRODUCT = { name: 'Hat', category: 'Clothes', price: 15.25, currency: 'EUR' };

interface Call {
  readonly event: () => PayloadBuilder;
  readonly contexts?: readonly SelfDescribingJson[];
  readonly stored: RawEvent;
}

/** Events of each kind, and what must become of them. */
const CALLS: readonly Call[] = [
  {
    event: () =>
      buildPageView({
        ...{ pageUrl: 'https://shop.example/cart?x=1', pageTitle: 'Cart – Grüße' },
        referrer: 'https://www.google.com/',
      }),
    contexts: [USER],
    stored: {
      ...{ type: 'page', event: 'page', url: 'https://shop.example/cart?x=1', path: '/cart' },
      ...{ search: '?x=1', title: 'Cart – Grüße', referrer: 'https://www.google.com/' },
      ...{ channel: 'search', properties: { _context: { contexts: [USER] } } },
    },
  },
  {
    event: () =>
      buildPagePing({ pageUrl: 'https://shop.example/', minYOffset: 10, maxYOffset: 812 }),
    stored: {
      ...{ type: 'track', event: 'page_ping', path: '/' },
      properties: { pp_yoffset_min: 10, pp_yoffset_max: 812 },
    },
  },
  {
    event: () =>
      buildStructEvent({
        ...{ category: 'shop', action: 'add-to-basket', label: 'hat', property: 'pcs', value: 2.5 },
      }),
    stored: {
      ...{ type: 'track', event: 'add-to-basket' },
      properties: { se_category: 'shop', se_label: 'hat', se_property: 'pcs', se_value: 2.5 },
    },
  },
  {
    event: () =>
      buildSelfDescribingEvent({
        event: { schema: CHECKOUT, data: { value: 12.5, steps: [{ n: 1 }], note: 'Grüße ☕' } },
      }),
    contexts: [USER, { schema: 'iglu:com.acme/ab/jsonschema/1-0-0', data: { arm: 'b' } }],
    stored: {
      ...{ type: 'track', event: 'checkout' },
      properties: {
        ...{ value: 12.5, steps: [{ n: 1 }], note: 'Grüße ☕' },
        _context: {
          schema: CHECKOUT,
          contexts: [USER, { schema: 'iglu:com.acme/ab/jsonschema/1-0-0', data: { arm: 'b' } }],
        },
      },
    },
  },
  {
    event: () =>
      buildEcommerceTransaction({ orderId: 'o-7', total: 30.5, tax: 4.87, currency: 'EUR' }),
    stored: {
      ...{ type: 'track', event: 'Order Completed', revenue: 30.5, currency: 'EUR' },
      properties: { order_id: 'o-7', total: 30.5, tax: 4.87 },
    },
  },
  {
    event: () =>
      buildEcommerceTransactionItem({
        ...{ orderId: 'o-7', sku: 's-1', name: 'Hat', price: 15.25, quantity: 2, currency: 'EUR' },
      }),
    stored: {
      ...{ type: 'track', event: 'Order Item' },
      properties: { order_id: 'o-7', sku: 's-1', name: 'Hat', price: 15.25, quantity: 2 },
    },
  },
  {
    event: () =>
      buildSelfDescribingEvent({
        event: {
          schema: `${SHOP}/snowplow_ecommerce_action/jsonschema/1-0-2`,
          data: { type: 'transaction' },
        },
      }),
    contexts: [
      {
        schema: `${SHOP}/transaction/jsonschema/1-0-0`,
        data: { transaction_id: 'o-8', revenue: 15.25, currency: 'EUR', payment_method: 'card' },
      },
      { schema: `${SHOP}/product/jsonschema/1-0-0`, data: { id: 'p-1', ...PRODUCT } },
    ],
    stored: {
      ...{ type: 'track', event: 'Order Completed', revenue: 15.25, currency: 'EUR' },
      properties: { order_id: 'o-8', products: [{ product_id: 'p-1', ...PRODUCT }] },
    },
  },
  {
    event: () => buildAddToCart({ sku: 's-1', quantity: 2, unitPrice: 15.25, currency: 'EUR' }),
    stored: {
      ...{ type: 'track', event: 'Product Added', currency: 'EUR' },
      properties: { sku: 's-1', quantity: 2, price: 15.25 },
    },
  },
];

interface Sending {
  readonly eventMethod: 'get' | 'post';
  readonly encodeBase64: boolean;
  readonly appId: string;
  readonly postPath?: string;
  readonly base?: string;
}

/** Tracks all events. Gives what must be stored, once the tracker has heard answers to all requests. */
async function track({ appId, encodeBase64, base = '', ...sending }: Sending) {
  const statuses: number[] = [];
  const tracker = newTracker(
    { namespace: 'sp1', appId, encodeBase64 },
    {
      ...sending,
      endpoint: `${stack.apiUrl}${base}`,
      bufferSize: 100,
      onRequestSuccess: (_events, { status }) => statuses.push(status),
      onRequestFailure: ({ status }) => statuses.push(status ?? 0),
    },
  );
  tracker.setUserId('user-1');
  tracker.setDomainUserId('device-1');
  tracker.setSessionId('session-1');
  tracker.setSessionIndex(3);
  tracker.setScreenResolution('1440', '900');
  tracker.setLang('de-DE');
  tracker.setTimezone('Europe/Berlin');
  const sent = CALLS.map(({ event, contexts, stored }, i): SentEvent => {
    // The first is said to have happened then; the others carry the tracker's own time.
    const payload = tracker.track(
      event(),
      contexts && [...contexts],
      i === 0 ? { type: 'ttm', value: MADE_AT } : undefined,
    );
    const { eid, dtm } = payload as { readonly eid: string; readonly dtm?: string };
    return {
      ...{ app_id: 'shop', anonymous_id: 'device-1', user_id: 'user-1', session_id: 'session-1' },
      ...{ screen: '1440x900', locale: 'de-DE', message_id: eid, ...stored },
      ...(dtm !== undefined && { madeAt: Number(dtm) }),
      ...(i === 0 && appId === SERVER_KEY && { event_at: MADE_AT }),
    };
  });
  await tracker.flush();
  // It tells of answers a moment later.
  await sleep(20);
  return { sent, statuses };
}

test.each<[string, Sending]>([
  ['POST', { eventMethod: 'post', encodeBase64: true, appId: SERVER_KEY }],
  ['POST without base64', { eventMethod: 'post', encodeBase64: false, appId: 'shop-web' }],
  ['GET', { eventMethod: 'get', encodeBase64: true, appId: 'shop-web', base: '/in' }],
  ['GET without base64', { eventMethod: 'get', encodeBase64: false, appId: SERVER_KEY }],
  [
    'POST to a path of our own',
    { eventMethod: 'post', encodeBase64: true, appId: 'shop-web', postPath: '/com.acme/t1' },
  ],
])(
  "Snowplow's tracker for Node, %s: each event is stored with its own id, time and properties",
  async (_, sending) => {
    // Act
    const { sent, statuses } = await track(sending);
    // Assess
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(differences(sent, await readRawEvents(stack))).toEqual([]);
  },
);

test('events that cannot be stored stay with the tracker, and are stored once when they come again', async () => {
  // Prepare
  const answers: [status: number | undefined, retryAfter: string | null | undefined][] = [];
  const tracker = newTracker(
    { namespace: 'sp1', appId: 'shop-web' },
    {
      endpoint: stack.apiUrl,
      onRequestSuccess: (_events, { status }) => answers.push([status, null]),
      onRequestFailure: ({ status }, response) =>
        answers.push([status, response?.headers.get('retry-after')]),
    },
  );
  stack.faults.set([
    { service: 'kinesis', operation: 'PutRecords', action: 'error' },
    { service: 's3', operation: 'PutObject', action: 'error' },
  ]);
  // Act
  const payload = tracker.track(buildPageView({ pageUrl: 'https://shop.example/later' }));
  await tracker.flush();
  while (answers.length === 0) await sleep(20);
  stack.faults.clear();
  await tracker.flush();
  while (answers.length === 1) await sleep(20);
  // Assess
  expect(answers).toEqual([
    [503, '5'],
    [200, null],
  ]);
  const { eid } = payload as { readonly eid: string };
  const sent: SentEvent = { message_id: eid, url: 'https://shop.example/later' };
  expect(differences([sent], await readRawEvents(stack))).toEqual([]);
});

test('an app id that nobody has ends the tries of the tracker, and nothing is stored', async () => {
  // Act
  const { sent, statuses } = await track({
    eventMethod: 'post',
    encodeBase64: true,
    appId: 'nobody-knows',
  });
  // Assess
  expect(statuses).toEqual([401]);
  expect(differences(sent, await readRawEvents(stack))).toEqual(
    sent.map(({ type, event, message_id: id }) => `${type} ${event} ${id} is missing`),
  );
});
