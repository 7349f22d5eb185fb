import { randomUUID } from 'node:crypto';
import type { DeadLetter } from '../../core/event.ts';
import { storableText } from '../../core/storable-text.ts';
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

/** Makes the dead letter of a refused event. Its payload is what came, cut where it is long: the message says so. */
export function deadLetter(
  refusal: Refusal,
  payload: string,
  value: unknown,
  facts: RequestFacts,
): DeadLetter {
  const call = isJsonObject(value) ? value : {};
  const context = isJsonObject(call.context) ? call.context : undefined;
  const kept = cut(payload);
  return {
    dead_letter_id: randomUUID(),
    received_at: facts.receivedAt,
    app_id: facts.appId,
    code: refusal.code,
    pointer: storableText(refusal.pointer),
    message: storableText(
      kept.note === undefined ? refusal.message : `${refusal.message} (${kept.note})`,
    ),
    schema: refusal.schema,
    message_id: short(call.messageId),
    type: short(call.type),
    event: short(call.event),
    payload: kept.text,
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

function cut(payload: string): { readonly text: string; readonly note?: string } {
  const text = storableText(payload);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_DEAD_LETTER_BYTES) return { text };
  return {
    text: endOfValue(Buffer.from(text).subarray(0, MAX_DEAD_LETTER_BYTES).toString('utf8')),
    note: `payload cut to ${MAX_DEAD_LETTER_BYTES} of ${bytes} bytes`,
  };
}

/** Without what a cut leaves of the last value: half a card's number cannot be told from another number. */
function endOfValue(text: string): string {
  const rest = /[^",{}[\]&?=]{0,80}$/.exec(text)?.[0] ?? '';
  return /[\d@]/.test(rest) ? text.slice(0, text.length - rest.length) : text;
}

function short(value: unknown): string | undefined {
  const text = scalarText(value)?.slice(0, 256);
  return text && storableText(text);
}
