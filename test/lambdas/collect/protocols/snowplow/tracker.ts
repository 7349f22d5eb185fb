import { parseConfig } from '../../../../../core/config-schema.ts';
import { createCollector } from '../../../../../lambdas/collect/collector.ts';
import type { CollectRequest } from '../../../../../lambdas/collect/request.ts';
import { respond } from '../../../../../lambdas/collect/respond.ts';
import type { SchemaRegistry } from '../../../../../lambdas/collect/schema.ts';
import type { HttpResponse } from '../../../../../lambdas/runtime/http.ts';
import { HttpError } from '../../../../../lambdas/runtime/http-error.ts';
import { MemorySinks, RECEIVED_AT } from '../../collector.ts';

/** Where trackers post to. */
export const TP2 = '/com.snowplowanalytics.snowplow/tp2';
/** A key that is trusted with past event times. */
export const SERVER_KEY = 'wk_blog_server';

const CONFIG = parseConfig({
  apps: [
    {
      id: 'shop',
      writeKeys: [{ key: 'wk_shop_public' }],
      readKeys: [],
      snowplow: { appIds: ['shop-web', 'shop-ios'], isDefault: true },
    },
    {
      id: 'blog',
      writeKeys: [{ key: SERVER_KEY, kind: 'server' }],
      readKeys: [],
      snowplow: { appIds: ['blog'] },
    },
    {
      id: 'wiki',
      writeKeys: [{ key: 'wk_wiki_public' }],
      readKeys: [],
      snowplow: { appIds: ['cookies', 'wiki'] },
      visitors: { cookie: {} },
      // Takes texts for what they are.
      privacy: {
        ...{ card: 'keep', iban: 'keep', email: 'keep', phone: 'keep', nationalId: 'keep' },
        keys: [],
      },
    },
  ],
  collection: { snowplowPostPaths: ['/com.acme/t1'] },
});
/** Without an app that takes events of no app id. */
const NO_DEFAULT = { ...CONFIG, apps: CONFIG.apps.slice(1) };

/** One event of a tracker, as the web tracker sends its parameters. */
export function event(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    eid: '0b8d8f0e-6c1d-4b43-9d68-0c55c62e7d2a',
    aid: 'shop-web',
    p: 'web',
    tv: 'js-4.10.1',
    tna: 'sp1',
    duid: 'device-1',
    dtm: String(RECEIVED_AT - 5_000),
    stm: String(RECEIVED_AT - 1_000),
    ...more,
  };
}

/** The JSON of a self-describing event, as `ue_pr` has it. */
export function selfDescribing(schema: string, data: unknown): string {
  return JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
    data: { schema, data },
  });
}

/** The JSON of entities, as `co` has it. */
export function contexts(...data: readonly { schema: string; data: unknown }[]): string {
  return JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
    data,
  });
}

/** Base64 as trackers write it: safe for URLs, without padding. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** What a request is taken with. */
interface TrackerOptions {
  /** Whether no app takes events of no app id. */
  readonly withoutDefault?: boolean;
  readonly schemas?: SchemaRegistry;
}

/** What a request led to. An error that is answered as a problem document is an answer with its status. */
export interface Sent {
  readonly answer: HttpResponse;
  readonly sinks: MemorySinks;
  /** The stored records, their properties parsed. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/** Sends a body, or events that are put into a payload. */
export function post(
  events: string | readonly unknown[],
  more: Partial<CollectRequest> & TrackerOptions = {},
): Promise<Sent> {
  const payload = {
    schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
    data: events,
  };
  const body = typeof events === 'string' ? events : JSON.stringify(payload);
  return request({ method: 'POST', path: TP2, body, ...more });
}

/** Sends an event as a query. */
export function get(
  pairs: Readonly<Record<string, string>>,
  more: Partial<CollectRequest> = {},
): Promise<Sent> {
  const query = new URLSearchParams(pairs).toString();
  return request({ method: 'GET', path: '/i', query, ...more });
}

/** Posts one event, which must be stored. */
export async function recordOf(
  parameters: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { records, sinks } = await post([event(parameters)]);
  expect(sinks.deadLetters.map(({ message }) => message)).toEqual([]);
  return records[0] ?? {};
}

async function request({
  withoutDefault = false,
  schemas,
  ...given
}: Partial<CollectRequest> & TrackerOptions): Promise<Sent> {
  const sinks = new MemorySinks();
  const standard = createCollector(withoutDefault ? NO_DEFAULT : CONFIG);
  const collector = schemas === undefined ? standard : { ...standard, schemas };
  const answer = await respond(
    { method: 'POST', path: TP2, isBase64Encoded: false, receivedAt: RECEIVED_AT, ...given },
    collector,
    sinks,
  ).catch((error: unknown) => {
    if (!(error instanceof HttpError)) throw error;
    return { statusCode: error.status, headers: error.headers, body: error.code };
  });
  const records = sinks.records().map((record) => ({
    ...record,
    properties: record.properties && JSON.parse(String(record.properties)),
  }));
  return { answer, sinks, records };
}
