import { randomUUID } from 'node:crypto';
import type { DeadLetter } from '../../core/event.ts';
import { storableText } from '../../core/storable-text.ts';
import type { JsonObject } from './envelope.ts';
import { isJsonObject, scalarText } from './json.ts';
import { MAX_DEAD_LETTER_BYTES } from './limits.ts';
import type { Refusal } from './refusal.ts';
import { keptVisit } from './visitor/kept-visit.ts';
import type { Visit } from './visitor/visits.ts';

/** Facts of the request that a refused event came in. */
export interface RequestFacts {
  readonly appId: string;
  readonly receivedAt: number;
  readonly method: string;
  readonly path: string;
  readonly userAgent?: string;
  /** Headers accept-language and cloudfront-viewer-country: what the event is enriched with, also where it is sent again. */
  readonly acceptLanguage?: string;
  readonly country?: string;
  /** Of the write key: whether past event times are kept as they are. */
  readonly kind: 'public' | 'server';
  /** Of the batch: needed where the event is sent again. */
  readonly sentAt?: unknown;
  readonly context?: unknown;
  /** What may be stored of the visitor: needed where the event is sent again. */
  readonly visit?: Visit;
}

/** Makes the dead letter of a refused event. Its payload is what came, as long as it is: `cutLetter` makes it fit to be kept. */
export function deadLetter(
  refusal: Refusal,
  payload: string,
  value: unknown,
  facts: RequestFacts,
): DeadLetter {
  const call = isJsonObject(value) ? value : {};
  const context = isJsonObject(call.context) ? call.context : undefined;
  return {
    dead_letter_id: randomUUID(),
    received_at: facts.receivedAt,
    app_id: facts.appId,
    code: refusal.code,
    pointer: storableText(refusal.pointer),
    message: storableText(refusal.message),
    schema: refusal.schema,
    ...callColumns(call),
    payload: storableText(payload),
    request: JSON.stringify({
      method: facts.method,
      path: facts.path,
      user_agent: facts.userAgent?.slice(0, 500),
      accept_language: facts.acceptLanguage?.slice(0, 200),
      country: facts.country?.slice(0, 20),
      key_kind: facts.kind,
      library: isJsonObject(context?.library) ? short(context.library.name) : undefined,
      sent_at: short(facts.sentAt),
      context: facts.context,
      visit: facts.visit && keptVisit(facts.visit),
    }),
  };
}

/** What a letter shows of its call. */
export function callColumns(call: JsonObject): Pick<DeadLetter, 'message_id' | 'type' | 'event'> {
  return {
    message_id: short(call.messageId),
    type: storable(call.type),
    event: storable(call.event),
  };
}

/** The `refused` entry of an answer. */
export function refusedEntry(index: number, refusal: Refusal, value: unknown) {
  const { code, pointer, message } = refusal;
  const messageId = isJsonObject(value) ? short(value.messageId) : undefined;
  return { index, message_id: messageId ?? null, code, pointer, message };
}

/** One entry of an answer's `refused`. */
export type RefusedEntry = ReturnType<typeof refusedEntry>;

/** Packs events' texts into texts of batches that a dead letter holds whole, so that a batch of too many can be sent again. */
export function batchTexts(events: readonly string[]): string[] {
  const texts: string[] = [];
  let run: string[] = [];
  let bytes = 0;
  const close = () => {
    if (run.length > 0) texts.push(`{"batch":[${run.join(',')}]}`);
    run = [];
    bytes = 0;
  };
  for (const event of events) {
    const size = Buffer.byteLength(event) + 1;
    if (bytes + size > MAX_DEAD_LETTER_BYTES - 100) close();
    run.push(event);
    bytes += size;
  }
  close();
  return texts;
}

/** The letter as it is kept: cut where it is long, which the message says. What is private is gone by then: half of it could not be found. */
export function cutLetter(letter: DeadLetter): DeadLetter {
  const { type, event, message, payload } = letter;
  const bytes = Buffer.byteLength(payload);
  const kept = {
    ...letter,
    type: type?.slice(0, 256).toWellFormed(),
    event: event?.slice(0, 256).toWellFormed(),
  };
  if (bytes <= MAX_DEAD_LETTER_BYTES) return kept;
  return {
    ...kept,
    message: `${message} (payload cut to ${MAX_DEAD_LETTER_BYTES} of ${bytes} bytes)`,
    payload: Buffer.from(payload).subarray(0, MAX_DEAD_LETTER_BYTES).toString('utf8'),
  };
}

function short(value: unknown): string | undefined {
  return storable(value)?.slice(0, 256).toWellFormed();
}

function storable(value: unknown): string | undefined {
  const text = scalarText(value);
  return text && storableText(text);
}
