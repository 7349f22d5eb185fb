import path from 'node:path';
import type { RawEvent, SentEvent } from '../../raw-events.ts';
import type { BrowserClient, Visit } from '../client.ts';
import type { RunSnowplow, SnowplowOptions, SnowplowPayload } from './snowplow-program.ts';

const PROGRAM = path.join(import.meta.dirname, 'snowplow-program.ts');
/** Times that the visitor does something, and the pause between: long enough for pings. */
const MOVES = 12;
const MOVE_MS = 250;

/** Snowplow's tracker as it comes: POST, base64, its own path and cookies. */
export const snowplow: BrowserClient = {
  name: 'snowplow',
  program: PROGRAM,
  visit: (visit) => run(visit, '', { eventMethod: 'post', encodeBase64: true, anonymous: false }),
};

/** By GET, under the base path that block lists do not know. */
export const snowplowGet: BrowserClient = {
  name: 'snowplow-get',
  program: PROGRAM,
  visit: (visit) =>
    run(visit, '/in', { eventMethod: 'get', encodeBase64: false, anonymous: false }),
};

/** Of visitors who stay anonymous: the header SP-Anonymous needs a preflight of its own. */
export const snowplowAnonymous: BrowserClient = {
  name: 'snowplow-anonymous',
  program: PROGRAM,
  visit: (visit) => run(visit, '', { eventMethod: 'post', encodeBase64: true, anonymous: true }),
};

async function run(
  { page, apiUrl, writeKey }: Visit,
  base: string,
  options: SnowplowOptions,
): Promise<readonly SentEvent[]> {
  const running = page.evaluate(
    ([collector, appId, given]) =>
      (globalThis as unknown as { runSnowplow: RunSnowplow }).runSnowplow(collector, appId, given),
    [`${apiUrl}${base}`, writeKey, options] as const,
  );
  const moving = (async () => {
    for (let i = 1; i <= MOVES; i++) {
      await page.mouse.move(10 * i, 10);
      await page.mouse.wheel(0, 40);
      await page.waitForTimeout(MOVE_MS);
    }
  })();
  const [payloads] = await Promise.all([running, moving]);
  const cookies = await page.context().cookies();
  const duid = cookies.find(({ name }) => name.startsWith('_sp_id'))?.value.split('.')[0];
  const title = await page.title();
  return payloads.map((payload): SentEvent => {
    const { e = '', eid = '', dtm, sid, lang, res, url } = payload;
    if (payload.duid !== (options.anonymous ? undefined : duid)) {
      throw new Error(`the tracker sends ${payload.duid}, its cookie has ${duid}`);
    }
    return {
      ...{ app_id: 'shop', message_id: eid, madeAt: Number(dtm), session_id: sid },
      ...{ anonymous_id: payload.duid, user_id: options.anonymous ? undefined : 'user-7' },
      ...{ locale: lang, screen: res, url, path: new URL(page.url()).pathname },
      // Pings and page views name the page.
      title: payload.page && title,
      browser: 'Chrome',
      ...EXPECTED[e]?.(payload),
    };
  });
}

const EXPECTED: Readonly<Record<string, (payload: SnowplowPayload) => RawEvent>> = {
  pv: () => ({ type: 'page', event: 'page' }),
  pp: ({ pp_may: most }) => ({
    ...{ type: 'track', event: 'page_ping' },
    properties: most === undefined ? {} : { pp_yoffset_max: Number(most) },
  }),
  se: () => ({
    ...{ type: 'track', event: 'add-to-basket' },
    properties: { se_category: 'shop', se_property: 'pcs', se_value: 2.5 },
  }),
  ue: () => ({
    ...{ type: 'track', event: 'checkout' },
    properties: { value: 12.5, note: 'Grüße ☕' },
  }),
};
