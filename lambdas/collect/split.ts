import type { Takes } from '../../core/collect-routes.ts';
import type { RefusalCode } from '../../core/event.ts';
import type { JsonObject } from './envelope.ts';
import {
  batchParts,
  isJsonObject,
  type JsonShape,
  parseExactly,
  type Span,
  shapeOf,
} from './json.ts';
import {
  MAX_BATCH_CONTEXT_BYTES,
  MAX_DEPTH,
  MAX_EVENTS,
  MAX_REPEATED_CONTEXT_BYTES,
} from './limits.ts';
import { type Refusal, shown } from './refusal.ts';

/** One call of a request, not yet checked. */
export interface IncomingCall extends JsonShape {
  /** JSON of the value: as it came, where it came in this shape. */
  readonly text: string;
  /** What came, JSON, where the call was made of another shape: the dead letter keeps it. */
  readonly original?: string;
  readonly value: unknown;
  /** Why no call could be made of what came. */
  readonly refusal?: Refusal;
}

/** A request's calls and what they have in common. */
export interface SplitRequest {
  readonly calls: readonly IncomingCall[];
  readonly sentAt?: unknown;
  readonly context?: JsonObject;
}

/** A request that is refused as a whole. */
export class RefusedRequestError extends Error {
  readonly code: RefusalCode;
  readonly pointer: string;
  /** Calls that were in it, where it had some. */
  readonly calls: readonly IncomingCall[];
  /** The key that stands in it, where it has no calls that name theirs. */
  readonly key: string | undefined;
  /** What the calls have in common, where it can be kept with each of them. */
  readonly context: JsonObject | undefined;

  constructor(
    code: RefusalCode,
    pointer: string,
    message: string,
    calls: readonly IncomingCall[] = [],
    { key, context }: { readonly key?: string; readonly context?: JsonObject } = {},
  ) {
    super(message);
    this.name = 'RefusedRequestError';
    this.code = code;
    this.pointer = pointer;
    this.calls = calls;
    this.key = key;
    this.context = context;
  }
}

/**
 * Splits a body into its calls. A batch's context and sentAt hold for each of them; other keys of the batch are not stored.
 * @throws RefusedRequestError where it is no object, or no batch as it must be.
 */
export function splitRequest(takes: Takes, text: string, body: unknown): SplitRequest {
  if (!isJsonObject(body)) {
    throw new RefusedRequestError(
      'invalid_request',
      '',
      `the body is ${kindOf(body)}: an object is needed`,
    );
  }
  if (takes !== 'batch') return { calls: [{ text, value: body, ...shapeOf(text) }] };
  const { batch } = body;
  if (!Array.isArray(batch)) {
    throw new RefusedRequestError(
      'invalid_request',
      '/batch',
      `/batch is ${kindOf(batch)}: an array of calls is needed`,
    );
  }
  const parts = batchParts(text);
  const calls = parts.spans.map(({ start, end, depth, isExact, longestString }, i) => ({
    text: text.slice(start, end),
    value: batch[i] as unknown,
    depth,
    isExact,
    longestString,
  }));
  if (calls.length > MAX_EVENTS) {
    throw new RefusedRequestError(
      'too_many_events',
      '/batch',
      `the batch has ${calls.length} events: at most ${MAX_EVENTS} are allowed`,
      calls,
      { context: readableContext(text, body.context, parts.context) },
    );
  }
  const context = batchContext(text, body.context, parts.context, calls);
  return { calls, sentAt: body.sentAt, context };
}

function batchContext(
  text: string,
  context: unknown,
  span: Span | undefined,
  calls: readonly IncomingCall[],
): JsonObject | undefined {
  if (context === undefined || context === null || span === undefined) return undefined;
  if (!isJsonObject(context) || span.depth > MAX_DEPTH) {
    throw new RefusedRequestError(
      'invalid_request',
      '/context',
      `/context is ${kindOf(context)}: an object of at most ${MAX_DEPTH} levels is allowed`,
      calls,
    );
  }
  const exact = exactContext(text, context, span);
  const bytes = Buffer.byteLength(JSON.stringify(exact));
  const most = Math.min(
    MAX_BATCH_CONTEXT_BYTES,
    Math.floor(MAX_REPEATED_CONTEXT_BYTES / Math.max(1, calls.length)),
  );
  if (bytes > most) {
    throw new RefusedRequestError(
      'invalid_request',
      '/context',
      `the batch's context has ${bytes} bytes: at most ${most} are allowed with ${calls.length} ${calls.length === 1 ? 'event' : 'events'}, because each of them stores it`,
      calls,
    );
  }
  return exact;
}

/** As the client wrote it, to the letter. */
function exactContext(text: string, context: JsonObject, span: Span): JsonObject {
  return parseExactly(text.slice(span.start, span.end), context, span).exact as JsonObject;
}

/**
 * Checks how many events a list makes, and how much each of them repeats of what they have in common: a small request must not
 * become a large one on the stream.
 * @param shared What each repeats.
 * @param key The key that stands in the request, where no call names its own.
 * @throws RefusedRequestError
 */
export function checkListed(events: number, shared: string, key?: string): void {
  if (events > MAX_EVENTS) {
    const message = `the list has ${events} events: at most ${MAX_EVENTS} are allowed`;
    throw new RefusedRequestError('too_many_events', '', message, [], { key });
  }
  const bytes = Buffer.byteLength(shared);
  if (bytes * events > MAX_REPEATED_CONTEXT_BYTES) {
    throw new RefusedRequestError(
      'invalid_request',
      '',
      `what comes beside the list has ${bytes} bytes: at most ${Math.floor(MAX_REPEATED_CONTEXT_BYTES / events)} are allowed with ${events} events, because each of them stores it`,
      [],
      { key },
    );
  }
}

/** A batch's context as one of its events could hold it; undefined for others. */
function readableContext(
  text: string,
  context: unknown,
  span: Span | undefined,
): JsonObject | undefined {
  if (!isJsonObject(context) || span === undefined || span.depth > MAX_DEPTH) return undefined;
  const exact = exactContext(text, context, span);
  return Buffer.byteLength(JSON.stringify(exact)) > MAX_BATCH_CONTEXT_BYTES ? undefined : exact;
}

/** A value in words that stay short, however large it is. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : shown(value);
}
