import { jsonResponse } from '../../runtime/http.ts';
import { headerKey } from '../authenticate.ts';
import type { DecodedBody } from '../decode.ts';
import type { JsonObject } from '../envelope.ts';
import { batchSpans, isJsonObject, parseExactly, scalarText, shapeOf } from '../json.ts';
import { MAX_DEPTH } from '../limits.ts';
import type { CollectRequest } from '../request.ts';
import {
  checkListed,
  type IncomingCall,
  kindOf,
  RefusedRequestError,
  type SplitRequest,
} from '../split.ts';
import { isJson, jsonTextOf, membersOf } from './form.ts';
import type { Protocol } from './protocol.ts';
import { parameterOf, parametersOf, textOfQuery } from './query.ts';
import { segment } from './segment.ts';

/** What RudderStack names the events of its webhook source. */
const EVENT = 'webhook_source_event';
/** Most characters of a message id. */
const MAX_ID_LENGTH = 100;

/** What a webhook says beside its payload. */
interface HookFacts {
  readonly method: unknown;
  readonly message_id?: string;
  readonly query_parameters?: unknown;
}

/**
 * RudderStack's webhook source: whatever a system sends (JSON, a form, or parameters of a GET) is a track call with the payload
 * as its properties, of a person of its own. A list of payloads is as many calls.
 *
 * The text that stands for a request is an object of the payload and of what came beside it: dead letters hold the same, so that they can
 * be sent again.
 */
export const webhook: Protocol = {
  // As RudderStack's gateway the query first: what a sender puts into the header may be for somebody else.
  keyOf: ({ authorization, query }) =>
    parameterOf(query, 'writeKey') || (headerKey(authorization) ?? ''),
  // A server sends it, whatever the key: its address, language and user agent are not the visitor's.
  senderOf: (key, keys) => ({ ...segment.senderOf(key || undefined, keys), kind: 'server' }),
  textOf: ({ method, ...request }) =>
    method === 'GET' ? queryText(request) : bodyText({ method, ...request }),
  split: (_takes, text, body) => splitHook(text, body),
  namesNobody: 'newcomer',
  wrap: (_takes, call) => call,
  // What is refused is kept, and can be sent again from there: a sender would repeat it for days, and then give the address up.
  answer: ({ accepted, refused, declined }) =>
    jsonResponse(200, {
      success: refused.length === 0,
      accepted,
      refused,
      declined: declined || undefined,
    }),
  answerError: () => undefined,
};

/** Without a parameter beside the key nothing is sent: systems ask so whether the address is there. */
function queryText({ query, webhookId }: Pick<CollectRequest, 'query' | 'webhookId'>): DecodedBody {
  const payload = parametersBesideKey(query);
  return textOfQuery(
    hookText(
      { method: 'GET', message_id: messageId(webhookId) },
      payload === undefined ? '[]' : JSON.stringify(payload),
    ),
  );
}

async function bodyText(request: CollectRequest): Promise<DecodedBody> {
  const decoded = await jsonTextOf(request);
  // Nothing, or a list of it, is an event without properties.
  const payload = /^\s*(?:\[\s*\]\s*)?$/.test(decoded.text) ? '{}' : decoded.text;
  // No JSON, no hook: the dead letter holds what came.
  if (decoded.tooLarge || !isJson(payload)) return decoded;
  const facts = {
    method: request.method,
    message_id: messageId(request.webhookId),
    query_parameters: parametersBesideKey(request.query),
  };
  return { ...decoded, text: hookText(facts, payload) };
}

function hookText(facts: HookFacts, payload: string): string {
  return `${JSON.stringify(facts).slice(0, -1)},"payload":${payload}}`;
}

/** An id that is too long would refuse the event. */
function messageId(webhookId: string | undefined): string | undefined {
  return webhookId !== undefined && webhookId.length <= MAX_ID_LENGTH - 5 ? webhookId : undefined;
}

function parametersBesideKey(query: string | undefined): Record<string, unknown> | undefined {
  const parameters = parametersOf(query);
  parameters.delete('writeKey');
  return parameters.size === 0 ? undefined : membersOf(parameters);
}

function splitHook(text: string, body: unknown): SplitRequest {
  if (!isJsonObject(body) || !Object.hasOwn(body, 'payload')) {
    const message = `the webhook is ${kindOf(body)}: an object with a payload is needed`;
    throw new RefusedRequestError('invalid_request', '', message);
  }
  const { payload, ...facts } = body;
  if (!Array.isArray(payload)) return { calls: [callOf(text, body)] };
  const spans = batchSpans(text, 'payload');
  checkListed(spans.length, JSON.stringify(facts));
  const calls = spans.map(({ start, end }, i) => {
    const own = factsOf(facts, i);
    return callOf(hookText(own, text.slice(start, end)), { ...own, payload: payload[i] });
  });
  return { calls };
}

/** Of the n-th event of a list: each is a message of its own; sent again it has the same id. */
function factsOf(
  { method, message_id, query_parameters }: Readonly<Record<string, unknown>>,
  i: number,
): HookFacts {
  const id = scalarText(message_id);
  return {
    method: method ?? 'POST',
    message_id: id && i > 0 ? `${id}/${i}` : id,
    query_parameters,
  };
}

function callOf(hookText: string, hook: unknown): IncomingCall {
  const shape = shapeOf(hookText);
  // Refused as it is, since it is too deep to be read.
  if (shape.depth > MAX_DEPTH) return { text: hookText, value: hook, ...shape };
  const { method, message_id, query_parameters, payload } = parseExactly(hookText, hook, shape)
    .exact as JsonObject;
  const text = JSON.stringify({
    type: 'track',
    event: EVENT,
    messageId: message_id,
    properties: payload,
    context: { method, query_parameters },
  });
  return { text, original: hookText, value: JSON.parse(text), ...shapeOf(text) };
}
