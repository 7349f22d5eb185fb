import { batchSpans, isJsonObject, parseExactly, shapeOf } from '../../json.ts';
import { MAX_DEPTH, MAX_EVENTS } from '../../limits.ts';
import {
  checkListed,
  type IncomingCall,
  kindOf,
  RefusedRequestError,
  type SplitRequest,
} from '../../split.ts';
import type { SplitFacts } from '../protocol.ts';
import { callOf } from './call.ts';

const PAYLOAD = /^iglu:com\.snowplowanalytics\.snowplow\/payload_data\/jsonschema\/1-\d+-\d+$/;

/** A body with these events, JSON texts. */
export function payloadOf(events: readonly string[]): string {
  return `{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[${events.join(',')}]}`;
}

/**
 * Makes calls of the events of a payload. An event of which none can be made says why, and does not stop the others.
 * @param shared Parameters of each event; they win over its own.
 * @throws RefusedRequestError where it is no payload.
 */
export function splitPayload(
  text: string,
  body: unknown,
  facts: SplitFacts,
  shared?: Readonly<Record<string, string>>,
): SplitRequest {
  const data = isJsonObject(body) ? body.data : undefined;
  const events: readonly unknown[] = Array.isArray(data) ? data : [];
  const appId = [shared, ...events].map(appIdOf).find((id) => id !== undefined);
  const refused = (pointer: string, message: string) =>
    new RefusedRequestError('invalid_request', pointer, message, [], { key: appId });
  if (!isJsonObject(body)) throw refused('', `the body is ${kindOf(body)}: an object is needed`);
  if (typeof body.schema !== 'string' || !PAYLOAD.test(body.schema)) {
    const allowed = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-x-x is allowed';
    throw refused('/schema', `/schema is ${kindOf(body.schema)}: ${allowed}`);
  }
  if (!Array.isArray(data)) {
    throw refused('/data', `/data is ${kindOf(data)}: an array of events is needed`);
  }
  const spans = batchSpans(text, 'data');
  if (shared !== undefined) checkListed(spans.length, JSON.stringify(shared), appId);
  const calls = () =>
    spans.map((span, i) => {
      const event = { ...span, text: text.slice(span.start, span.end), value: events[i] };
      return callOf(withShared(event, shared), { ...facts, appId });
    });
  if (spans.length > MAX_EVENTS) {
    throw new RefusedRequestError(
      'too_many_events',
      '/data',
      `the payload has ${spans.length} events: at most ${MAX_EVENTS} are allowed`,
      calls(),
      { key: appId },
    );
  }
  return { calls: calls() };
}

function withShared(
  event: IncomingCall,
  shared: Readonly<Record<string, string>> | undefined,
): IncomingCall {
  const { text, value } = event;
  if (shared === undefined || !isJsonObject(value) || event.depth > MAX_DEPTH) return event;
  const { exact } = parseExactly(text, value, event);
  const whole = JSON.stringify({ ...(exact as object), ...shared });
  return { text: whole, value: JSON.parse(whole), ...shapeOf(whole) };
}

/** The app id that an event names. */
export function appIdOf(event: unknown): string | undefined {
  const id = isJsonObject(event) ? event.aid : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}
