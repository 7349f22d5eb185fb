import path from 'node:path';
import type { EventType } from '../../../../core/event.ts';
import type { RawEvent, SentEvent } from '../../raw-events.ts';
import type { BrowserClient, Visit } from '../client.ts';
import type { RunSegment, SegmentOptions } from './segment-program.ts';

const PROGRAM = path.join(import.meta.dirname, 'segment-program.ts');
/** Batches go after this time, or at ten calls. */
const BATCH_MS = 300;

/** Segment's client as it comes: one request a call. Its settings come from us, and they say where events go. */
export const segment: BrowserClient = {
  name: 'segment',
  program: PROGRAM,
  visit: (visit) => run(visit, {}, '/v1'),
};

/** Segment's client with batches, under the base path that block lists do not know. */
export const segmentBatching: BrowserClient = {
  name: 'segment-batching',
  program: PROGRAM,
  visit: async (visit) => {
    const { host } = new URL(visit.apiUrl);
    const deliveryStrategy = {
      strategy: 'batching',
      config: { size: 10, timeout: BATCH_MS },
    } as const;
    return run(
      visit,
      {
        integrations: {
          'Segment.io': { apiHost: `${host}/in`, protocol: 'http', deliveryStrategy },
        },
      },
      '/in',
    );
  },
};

async function run(
  { page, apiUrl, writeKey }: Visit,
  options: SegmentOptions,
  base: string,
): Promise<readonly SentEvent[]> {
  const cdnUrl = base === '/v1' ? apiUrl : `${apiUrl}${base}`;
  const answered: string[] = [];
  page.on('response', (response) => {
    if (response.request().method() === 'POST') {
      answered.push(`${response.status()} ${new URL(response.url()).pathname}`);
    }
  });
  const { anonymousId, calls } = await page.evaluate(
    ([key, url, given]) =>
      (globalThis as unknown as { runSegment: RunSegment }).runSegment(key, url, given),
    [writeKey, cdnUrl, options] as const,
  );
  await page.waitForTimeout(base === '/v1' ? 200 : BATCH_MS + 700);
  const wrong = answered.filter((line) => !line.startsWith('200 '));
  if (answered.length === 0 || wrong.length > 0) {
    throw new Error(`requests were answered: ${answered.join(', ') || 'none'}`);
  }
  const common = {
    app_id: 'shop',
    anonymous_id: anonymousId,
    url: page.url(),
    title: await page.title(),
  };
  return calls.map(({ type, messageId, timestamp }) => ({
    ...common,
    ...EXPECTED[type],
    type: type as EventType,
    message_id: messageId,
    madeAt: Date.parse(timestamp),
  }));
}

const EXPECTED: Readonly<Record<string, RawEvent>> = {
  page: { event: 'Checkout', properties: { step: 1, category: 'Shop' } },
  track: {
    event: 'Order Placed',
    properties: { total: 19.9, items: ['a', 'b'], note: 'Grüße ☕' },
  },
  identify: { user_id: 'user-7', traits: { plan: 'pro', seats: 3 } },
  group: { user_id: 'user-7', group_id: 'company-3', traits: { seats: 12 } },
  alias: { user_id: 'user-7', previous_id: 'guest-1' },
  screen: { event: 'Cart', properties: { step: 2 } },
};
