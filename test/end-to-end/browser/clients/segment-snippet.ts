import path from 'node:path';
import type { EventType } from '../../../../core/event.ts';
import type { RawEvent } from '../../raw-events.ts';
import type { BrowserClient } from '../client.ts';
import type { RunSnippet } from './segment-snippet-program.ts';

/** Segment's snippet with the script from the npm package, as a team's own CDN has it, and settings from us. */
export const segmentSnippet: BrowserClient = {
  name: 'segment-snippet',
  program: path.join(import.meta.dirname, 'segment-snippet-program.ts'),
  visit: async ({ page, apiUrl, writeKey }) => {
    let answers = 0;
    page.on('response', (response) => {
      if (response.request().method() === 'POST' && response.status() === 200) answers += 1;
    });
    const calls = await page.evaluate(
      ([key, cdn]) => (globalThis as unknown as { runSnippet: RunSnippet }).runSnippet(key, cdn),
      [writeKey, `${apiUrl}/in`] as const,
    );
    for (const end = Date.now() + 5_000; answers < calls.length && Date.now() < end; ) {
      await page.waitForTimeout(50);
    }
    return calls.map(({ type, messageId, timestamp }) => ({
      ...EXPECTED[type],
      app_id: 'shop',
      type: type as EventType,
      url: page.url(),
      message_id: messageId,
      madeAt: Date.parse(timestamp),
    }));
  },
};

const EXPECTED: Readonly<Record<string, RawEvent>> = {
  page: { event: 'Landing' },
  track: { event: 'Sign Up Clicked', properties: { place: 'header' } },
  identify: { user_id: 'user-9', traits: { plan: 'free' } },
};
