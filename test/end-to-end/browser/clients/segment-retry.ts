import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { SentEvent } from '../../raw-events.ts';
import type { BrowserClient } from '../client.ts';
import { segment } from './segment.ts';
import type { RunSegment, SegmentCall, SegmentCalls } from './segment-program.ts';

/** More than the slow key may send in two windows of ten seconds. */
const TOO_MANY = 24;
/** Windows that pass until all of them are through. */
const LONGEST_MS = 45_000;
/** Timers may fire a little early. */
const TOLERANCE_MS = 50;

/** An answer to one call. */
interface Answer {
  readonly messageId: string;
  readonly status: number;
  readonly at: number;
  /** Seconds; NaN where the answer has none. */
  readonly retryAfter: number;
}

/** Segment's client while nothing can be stored: the call that was answered 503 comes again and is stored. */
export const segmentUnavailable: BrowserClient = {
  name: 'segment-unavailable',
  program: segment.program,
  visit: async ({ page, apiUrl, writeKey, faults }) => {
    const answers = answersOf(page, () => faults.clear());
    faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'error' },
      { service: 's3', operation: 'PutObject', action: 'error' },
    ]);
    const sent = await run(page, writeKey, apiUrl, ['track']);
    await until(() => answers.length >= 2);
    const statuses = answers.map(({ status }) => status).join();
    if (statuses !== '503,200' || answers[0]?.retryAfter !== 5) {
      throw new Error(`answers were ${JSON.stringify(answers)}, not a 503 and a 200`);
    }
    return expected(sent, 'shop');
  },
};

/** Segment's client with more calls than its key may send: it reads Retry-After across origins, waits as long, and loses none. */
export const segmentLimited: BrowserClient = {
  name: 'segment-limited',
  program: segment.program,
  visit: async ({ page, apiUrl, slowKey }) => {
    const answers = answersOf(page);
    const sent = await run(page, slowKey, apiUrl, Array<SegmentCall>(TOO_MANY).fill('track'));
    await until(() => answers.filter(({ status }) => status === 200).length >= TOO_MANY);
    const limited = answers.filter(({ status }) => status === 429);
    if (limited.length === 0) throw new Error('no call was limited');
    for (const { messageId, at, retryAfter } of limited) {
      const next = answers.find((answer) => answer.messageId === messageId && answer.at > at);
      const waited = (next?.at ?? at) - at;
      if (!(waited >= retryAfter * 1000 - TOLERANCE_MS)) {
        throw new Error(`${messageId} came again after ${waited} ms, not ${retryAfter} s`);
      }
    }
    return expected(sent, 'slow');
  },
};

function answersOf(page: Page, answered: () => void = () => undefined): readonly Answer[] {
  const answers: Answer[] = [];
  page.on('response', (response) => {
    const request = response.request();
    if (request.method() !== 'POST') return;
    const { messageId } = request.postDataJSON() as { readonly messageId: string };
    const retryAfter = Number(response.headers()['retry-after']);
    answers.push({ messageId, status: response.status(), at: Date.now(), retryAfter });
    answered();
  });
  return answers;
}

function run(page: Page, writeKey: string, apiUrl: string, calls: readonly SegmentCall[]) {
  return page.evaluate(
    ([key, url, made]) =>
      (globalThis as unknown as { runSegment: RunSegment }).runSegment(key, url, {}, made),
    [writeKey, apiUrl, calls] as const,
  );
}

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + LONGEST_MS; Date.now() < end && !done(); ) await sleep(100);
}

function expected({ anonymousId, calls }: SegmentCalls, app: string): SentEvent[] {
  return calls.map(({ messageId, timestamp }) => ({
    app_id: app,
    type: 'track',
    message_id: messageId,
    anonymous_id: anonymousId,
    madeAt: Date.parse(timestamp),
  }));
}
