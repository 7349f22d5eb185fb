import type { Validator } from '#validators';
import type { CollectRoute } from '../../core/collect-routes.ts';
import type { DeadLetter, EventType } from '../../core/event.ts';
import { BadRequestError, ContentTooLargeError } from '../runtime/http-error.ts';
import { checkOrigin, missingKey, type Sender, type WriteKeys } from './authenticate.ts';
import { type CallRules, lineOf } from './check.ts';
import {
  batchTexts,
  deadLetter,
  type RefusedEntry,
  type RequestFacts,
  refusedEntry,
} from './dead-letter.ts';
import type { EncodedBody } from './decode.ts';
import { isJsonObject } from './json.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import type { Line } from './map.ts';
import { PersonKeys } from './person-key.ts';
import type { Protocol } from './protocols/protocol.ts';
import { protocols } from './protocols/protocols.ts';
import { RefusedError } from './refusal.ts';
import type { Routes } from './routes.ts';
import type { SchemaRegistry } from './schema.ts';
import { type IncomingCall, RefusedRequestError, type SplitRequest } from './split.ts';

/** A request to collect. */
export interface CollectRequest extends EncodedBody {
  readonly method: string;
  readonly path: string;
  /** The query, without `?`, as it came. */
  readonly query?: string;
  /** Header authorization. */
  readonly authorization?: string;
  /** Header origin. */
  readonly origin?: string;
  /** Header referer. */
  readonly referer?: string;
  /** Header host, with the port where it is not the protocol's own. */
  readonly host?: string;
  /** How the client reached us. */
  readonly protocol?: 'http' | 'https';
  readonly userAgent?: string;
  /** Header accept-language. */
  readonly acceptLanguage?: string;
  /** Header cloudfront-viewer-country. */
  readonly country?: string;
  /** Epoch ms. */
  readonly receivedAt: number;
}

/** An accepted event on its way. */
export interface AcceptedLine extends Line {
  readonly appId: string;
}

/** Where events go. */
export interface Sinks {
  /**
   * Stores all of it, or throws UnavailableError: then nothing may be reported accepted.
   */
  store(lines: readonly AcceptedLine[], deadLetters: readonly DeadLetter[]): Promise<void>;
}

/** What collect works with. */
export interface Collector {
  readonly routes: Routes;
  readonly keys: WriteKeys;
  readonly envelopes: Readonly<Record<EventType, Validator>>;
  readonly schemas: SchemaRegistry;
  readonly newId: () => string;
  /**
   * Counts a request of a key.
   * @throws TooManyRequestsError
   */
  readonly admit: (sender: Sender) => void;
}

/** What became of a request's events. All are stored: the accepted on the stream, the refused as dead letters. */
export interface Collected {
  readonly accepted: number;
  readonly refused: readonly RefusedEntry[];
}

/**
 * Takes a request's events. A refused event does not stop the others.
 * @throws HttpError where the request as a whole is refused, or nothing could be stored.
 */
export async function collect(
  request: CollectRequest,
  route: CollectRoute,
  collector: Collector,
  sinks: Sinks,
): Promise<Collected> {
  const protocol = protocols[route.protocol];
  const enter = (sender: Sender) => {
    checkOrigin(sender.app, request.origin);
    collector.admit(sender);
  };
  const key = protocol.keyOf(request);
  const known = key === undefined ? undefined : collector.keys.senderOf(key);
  if (known) enter(known);
  const text = await textOf(protocol, request, known, sinks);
  const body = await parseBody(text, request, known, sinks);
  const sender = known ?? bodySender(body, collector.keys);
  let split: SplitRequest;
  try {
    split = protocol.split(route.takes, text, body);
  } catch (error) {
    if (!(error instanceof RefusedRequestError)) throw error;
    const owner = sender ?? callSender(error.calls[0]?.value, collector.keys);
    if (!known) enter(owner);
    // The batch's own time: its calls are kept without the batch around them.
    const sentAt = isJsonObject(body) ? body.sentAt : undefined;
    return refuseRequest(error, text, { ...factsOf(request, owner), sentAt }, sinks);
  }
  const senders = split.calls.map(({ value }) => sender ?? callSender(value, collector.keys));
  if (senders.length === 0 && sender === undefined) throw missingKey();
  if (!known) for (const one of new Set(senders)) enter(one);
  const sorted = sortCalls(request, split, senders, callRules(request, route, split, collector));
  await sinks.store(sorted.lines, sorted.deadLetters);
  return { accepted: sorted.lines.length, refused: sorted.refused };
}

/** What a request's calls are checked against and mapped with; the same where a dead letter's call is sent again. */
export function callRules(
  request: CollectRequest,
  { takes }: CollectRoute,
  split: SplitRequest,
  collector: Collector,
): CallRules {
  return {
    ...collector,
    takes,
    context: split.context,
    facts: {
      receivedAt: request.receivedAt,
      sentAt: split.sentAt,
      personKeys: new PersonKeys(),
      visitor: {
        userAgent: request.userAgent,
        acceptLanguage: request.acceptLanguage,
        country: request.country,
      },
      newId: collector.newId,
    },
  };
}

function sortCalls(
  request: CollectRequest,
  split: SplitRequest,
  senders: readonly Sender[],
  rules: CallRules,
) {
  const lines: AcceptedLine[] = [];
  const refused: RefusedEntry[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const [index, call] of split.calls.entries()) {
    const sender = senders[index] as Sender;
    try {
      lines.push({ ...lineOf(call, sender, rules), appId: sender.app.id });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const facts = { ...factsOf(request, sender), sentAt: split.sentAt, context: split.context };
      refused.push(refusedEntry(index, error.refusal, call.value));
      deadLetters.push(
        deadLetter(error.refusal, (call.original ?? call.text).trim(), call.value, facts),
      );
    }
  }
  return { lines, refused, deadLetters };
}

async function textOf(
  protocol: Protocol,
  request: CollectRequest,
  sender: Sender | undefined,
  sinks: Sinks,
): Promise<string> {
  const { text, tooLarge } = protocol.textOf(request);
  if (!tooLarge) return text;
  const message = `the request has more than ${MAX_REQUEST_BYTES} bytes: send smaller batches`;
  // The key may stand in the body, which is not read: then nobody is known to whom a dead letter would belong.
  if (sender) {
    const refusal = { code: 'request_too_large' as const, pointer: '', message };
    await sinks.store([], [deadLetter(refusal, text, undefined, factsOf(request, sender))]);
  }
  throw new ContentTooLargeError('request_too_large', message);
}

async function parseBody(
  text: string,
  request: CollectRequest,
  sender: Sender | undefined,
  sinks: Sinks,
): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (sender === undefined) throw missingKey();
    const message = `the body is no JSON: ${(cause as SyntaxError).message}`;
    const error = new RefusedRequestError('invalid_json', '', message);
    return refuseRequest(error, text, factsOf(request, sender), sinks);
  }
}

/** Keeps a refused request as dead letters, then answers 400. */
async function refuseRequest(
  { code, pointer, message, calls }: RefusedRequestError,
  text: string,
  facts: RequestFacts,
  sinks: Sinks,
): Promise<never> {
  const payloads =
    calls.length > 0 ? batchTexts(calls.map((call) => call.original ?? call.text)) : [text];
  const refusal = { code, pointer, message };
  await sinks.store(
    [],
    payloads.map((payload) => deadLetter(refusal, payload, undefined, facts)),
  );
  throw new BadRequestError(code, message, { extensions: { pointer } });
}

function bodySender(body: unknown, keys: WriteKeys): Sender | undefined {
  const key = isJsonObject(body) ? body.writeKey : undefined;
  return typeof key === 'string' ? keys.senderOf(key) : undefined;
}

function callSender(call: IncomingCall['value'], keys: WriteKeys): Sender {
  const sender = bodySender(call, keys);
  if (sender === undefined) throw missingKey();
  return sender;
}

function factsOf(
  { receivedAt, method, path, userAgent, acceptLanguage, country }: CollectRequest,
  { app, kind }: Sender,
): RequestFacts {
  return { appId: app.id, receivedAt, method, path, userAgent, acceptLanguage, country, kind };
}
