import type { DecodedBody } from '../../decode.ts';
import { batchSpans, isJsonObject } from '../../json.ts';
import type { CollectRequest } from '../../request.ts';
import { checkListed, RefusedRequestError, type SplitRequest } from '../../split.ts';
import { isForm, isJson, jsonTextOf } from '../form.ts';
import type { Protocol, SplitFacts } from '../protocol.ts';
import { parametersOf, textOfQuery } from '../query.ts';
import { payloadOf, splitPayload } from './payload.ts';
import { snowplow, snowplowPixel } from './snowplow.ts';

/** Parameters of the query that are the event's own, beside `schema` and `p`. */
const OF_THE_EVENT = ['nuid', 'aid', 'cv', 'eid', 'ttm', 'url'] as const;
/** Parameters that are no data where the query holds them. */
const NO_DATA: readonly string[] = ['schema', 'nuid', 'aid', 'cv', 'p'];

type Parameters = Readonly<Record<string, string>>;

/**
 * Snowplow's webhook with a schema of Iglu, POST: self-describing events whose schema is a parameter and whose data are the body (an
 * object, a list of them, or a form), or whose body names both. They become events of the tracker protocol, and are kept as such
 * where they are refused.
 */
export const iglu: Protocol = {
  ...snowplow,
  keyOf: snowplowPixel.keyOf,
  textOf: bodyText,
  split: splitWebhook,
};

/** The same by GET: all other parameters are the data, as text. */
export const igluPixel: Protocol = { ...snowplowPixel, textOf: queryText, split: splitWebhook };

function queryText({ query }: Pick<CollectRequest, 'query'>): DecodedBody {
  const parameters = Object.fromEntries(parametersOf(query));
  const data = Object.entries(parameters).filter(([name]) => !NO_DATA.includes(name));
  return textOfQuery(webhookText(parameters, 'app', JSON.stringify([Object.fromEntries(data)])));
}

async function bodyText(request: CollectRequest): Promise<DecodedBody> {
  const decoded = await jsonTextOf(request);
  if (decoded.text.trim() === '' && !decoded.tooLarge) return queryText(request);
  // No JSON, no event: the dead letter holds what came.
  if (decoded.tooLarge || !isJson(decoded.text)) return decoded;
  const platform = isForm(request.contentType) ? 'srv' : 'app';
  const parameters = Object.fromEntries(parametersOf(request.query));
  const list = /^\s*\[/.test(decoded.text) ? decoded.text : `[${decoded.text}]`;
  return { ...decoded, text: webhookText(parameters, platform, list) };
}

/** @param data JSON, a list. */
function webhookText(parameters: Parameters, platform: string, data: string): string {
  return `${JSON.stringify({ parameters, platform }).slice(0, -1)},"data":${data}}`;
}

/** What is sent again is a payload of the tracker protocol already. */
function splitWebhook(
  _takes: unknown,
  text: string,
  body: unknown,
  facts: SplitFacts,
): SplitRequest {
  if (!isJsonObject(body) || !isJsonObject(body.parameters)) {
    return splitPayload(text, body, facts);
  }
  const { data, platform } = body;
  const parameters = body.parameters as Parameters;
  const own = OF_THE_EVENT.flatMap((name): [string, string][] => {
    const value = parameters[name];
    return value === undefined ? [] : [[name, value]];
  });
  const event = {
    e: 'ue',
    tv: 'com.snowplowanalytics.iglu-v1',
    p: parameters.p ?? String(platform),
    ...Object.fromEntries(own),
  };
  const { schema } = parameters;
  const described = (part: string) =>
    schema === undefined ? part : `{"schema":${JSON.stringify(schema)},"data":${part}}`;
  const spans = batchSpans(text, 'data');
  if (spans.length === 0) {
    throw new RefusedRequestError('invalid_request', '', 'the list is empty: data are needed');
  }
  checkListed(spans.length, JSON.stringify(event) + described(''));
  if (schema === undefined && Array.isArray(data) && data.some(isSchemaless)) throw schemaless();
  const payload = payloadOf(
    spans.map(({ start, end }, i) => eventText(event, i, described(text.slice(start, end)))),
  );
  return splitPayload(payload, JSON.parse(payload), facts);
}

function isSchemaless(data: unknown): boolean {
  return !isJsonObject(data) || data.schema === undefined;
}

function schemaless(): RefusedRequestError {
  return new RefusedRequestError(
    'invalid_request',
    '/schema',
    'the schema is missing: the parameter schema=iglu:com.acme/checkout/jsonschema/1-0-0, or a body of schema and data, is needed',
  );
}

/** The n-th event, as a tracker would send it: each is an event of its own. */
function eventText(event: Parameters, i: number, described: string): string {
  const { eid } = event;
  return JSON.stringify({
    ...event,
    ...(eid && i > 0 && { eid: `${eid}/${i}` }),
    ue_pr: `{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":${described}}`,
  });
}
