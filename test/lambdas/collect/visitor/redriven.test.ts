import type { App } from '../../../../core/config.ts';
import { parseConfig } from '../../../../core/config-schema.ts';
import type { VisitorsConfig } from '../../../../core/visitors.ts';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import { recheck } from '../../../../lambdas/collect/redrive/recheck.ts';
import { KEYS, type Sent, shopWith } from './visiting.ts';

const KNOWN = '0b0e4a1c-93f5-4c1a-8f6e-2f3d8c9a7b61';
const GPC = { 'sec-gpc': '1' };
const track = { event: 'New Event', anonymousId: 'anon-7c1f29', userId: 'user-55801' };
const pageView = {
  schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
  data: [{ e: 'se', se_ac: 'New Event', aid: KEYS.page, duid: 'anon-7c1f29', uid: 'user-55801' }],
};

/** Sends what an app refuses that takes known events only, then what its letter becomes where the app takes all. */
async function mended(visitors: VisitorsConfig, sent: Sent, visitorsNow = visitors) {
  const { letters } = await shopWith(visitors, {}, { unknownEvents: 'refuse' })(sent);
  const config = parseConfig({
    apps: [{ id: 'shop', writeKeys: [{ key: KEYS.page }], readKeys: [], visitors: visitorsNow }],
  });
  const [letter] = letters;
  if (letter === undefined) throw new Error('nothing was refused');
  const result = recheck(letter, config.apps[0] as App, createCollector(config));
  return result.outcome === 'passed'
    ? result.lines.map(({ json }) => JSON.parse(json) as Record<string, unknown>)
    : result;
}

describe('a dead letter that is sent again', () => {
  it.each<[string, Sent]>([
    ['a call', { body: track }],
    ['a batch', { path: '/v1/batch', body: { batch: [{ type: 'track', ...track }] } }],
    ["Snowplow's", { path: '/com.snowplowanalytics.snowplow/tp2', key: null, body: pageView }],
  ])('is of nobody still, where its visitor was anonymous: %s', async (_what, sent) => {
    const records = await mended({}, { ...sent, headers: GPC });

    expect(records).toMatchObject([
      { type: 'track', event: 'New Event', message_id: expect.any(String) },
    ]);
    expect(JSON.stringify(records)).not.toMatch(/anon-7c1f29|user-55801|anonymous_key|user_key/);
  });

  it("has the server's id, where its visitor had no other", async () => {
    const sent = { body: { event: 'New Event' }, cookies: [`mr_id=${KNOWN}`] };

    expect(await mended({ cookie: {} }, sent)).toMatchObject([{ anonymous_id: KNOWN }]);
  });

  it('is not stored where by now nothing may be', async () => {
    const body = { ...track, context: { consent: 'denied' } };
    const now = { consent: { whenDenied: 'nothing' } } as const;

    expect(await mended({ consent: { whenDenied: 'full' } }, { body }, now)).toMatchObject({
      outcome: 'not_redrivable',
      code: 'declined',
    });
  });
});
