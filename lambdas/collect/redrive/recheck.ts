import type { App } from '../../../core/config.ts';
import type { DeadLetter, DeadLetterCode } from '../../../core/event.ts';
import { storableText } from '../../../core/storable-text.ts';
import { NotFoundError } from '../../runtime/http-error.ts';
import { lineOf } from '../check.ts';
import { type Collector, callRules } from '../collect.ts';
import { callColumns, cutLetter } from '../dead-letter.ts';
import { batchSpans, isJsonObject, parseExactly } from '../json.ts';
import { MAX_DEAD_LETTER_BYTES } from '../limits.ts';
import { redactedLetter } from '../privacy/letter.ts';
import type { Redactors } from '../privacy/redactors.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { protocols } from '../protocols/protocols.ts';
import { type Refusal, RefusedError } from '../refusal.ts';
import type { CollectRequest } from '../request.ts';
import { RefusedRequestError } from '../split.ts';
import { visitOf } from '../visitor/kept-visit.ts';
import { Visits } from '../visitor/visits.ts';
import { recheckLine } from './recheck-line.ts';
import type { Rechecked, RedrivenLine } from './rechecked.ts';

/** Codes of requests that were refused as a whole: the payload is a body, or some calls of one as a batch. */
const WHOLE_REQUESTS: readonly DeadLetterCode[] = [
  'invalid_json',
  'invalid_request',
  'too_many_events',
  'request_too_large',
];

/**
 * Checks a dead letter as its event would be checked if it came now, at the time at which it came. The same letter always makes the same
 * lines as long as the rules are the same, message ids too: sending it twice is one event.
 */
export function recheck(letter: DeadLetter, app: App, collector: Collector): Rechecked {
  if (letter.code === 'conversion_failed' || letter.code === 'consumer_gave_up') {
    return recheckLine(letter);
  }
  try {
    return recheckCalls(letter, requestText(letter), app, collector);
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable(letter);
    if (error instanceof NotFoundError) {
      return { outcome: 'not_redrivable', code: 'unknown_path', message: error.message };
    }
    throw error;
  }
}

/** `request` of a letter that was refused at the door. */
interface RequestText {
  readonly method: string;
  readonly path: string;
  readonly user_agent?: string;
  readonly accept_language?: string;
  readonly country?: string;
  readonly key_kind?: 'public' | 'server';
  readonly sent_at?: string;
  readonly context?: unknown;
  /** What was to be stored of the visitor. */
  readonly visit?: unknown;
}

/** The numbers of a batch's context stay as they came. @throws SyntaxError where it is no JSON. */
function requestText({ request }: DeadLetter): RequestText {
  return parseExactly(request, JSON.parse(request)).exact as RequestText;
}

function requestOf(letter: DeadLetter, facts: RequestText): CollectRequest {
  return {
    method: facts.method,
    path: facts.path,
    userAgent: facts.user_agent,
    acceptLanguage: facts.accept_language,
    country: facts.country,
    receivedAt: letter.received_at,
    isBase64Encoded: false,
  };
}

/** A part of a letter that passes or is refused by itself. */
interface Piece {
  /** What message ids are made of where the client gave none: new ones each time would make two events of two tries. */
  readonly id: string;
  /** JSON of the call. */
  readonly text: string;
  /** A body with it, as its client could have sent it. */
  readonly body: string;
}

/** The pieces of a letter: the calls of a batch that was refused whole; else one. @throws SyntaxError where the payload is no JSON. */
function piecesOf(
  letter: DeadLetter,
  { sent_at: sentAt, context }: RequestText,
  protocol: Protocol,
  takes: Parameters<Protocol['wrap']>[0],
): readonly Piece[] {
  const { dead_letter_id: id, payload: text } = letter;
  const value: unknown = JSON.parse(text);
  if (letter.part_of !== undefined || !WHOLE_REQUESTS.includes(letter.code)) {
    return [{ id, text, body: protocol.wrap(takes, text, { sentAt, context }) }];
  }
  if (!holdsCalls(value)) return [{ id, text, body: text }];
  return batchSpans(text).map(({ start, end }, i) => {
    const call = text.slice(start, end).trim();
    return {
      id: `${id}-${i + 1}`,
      text: call,
      body: protocol.wrap(takes, call, { sentAt, context }),
    };
  });
}

function holdsCalls(value: unknown): boolean {
  return isJsonObject(value) && Array.isArray(value.batch) && value.batch.length > 0;
}

/** What becomes of one piece: its lines, none where nothing may be stored of its visitor, or why it is refused. */
type Checked =
  | { readonly lines: readonly RedrivenLine[] }
  | { readonly refusal: Refusal; readonly call: unknown };

/** @throws SyntaxError where the payload is no JSON; NotFoundError where nothing is collected at its path any more. */
function recheckCalls(
  letter: DeadLetter,
  facts: RequestText,
  app: App,
  collector: Collector,
): Rechecked {
  const request = requestOf(letter, facts);
  const route = collector.routes.of(request.method, request.path);
  const protocol = protocols[route.protocol];
  const sender = { app, kind: facts.key_kind ?? 'public', keyId: '' };
  const earlier = visitOf(facts.visit);
  const takesNewcomers = protocol.namesNobody === 'newcomer';
  const check = ({ id, body }: Piece): Checked => {
    let calls = 0;
    const newId = () => (calls <= 1 ? id : `${id}-${calls}`);
    const visits = new Visits(undefined, { earlier, newId, takesNewcomers });
    const lines: RedrivenLine[] = [];
    let current: unknown;
    try {
      const given = { request, keys: collector.keys, newId };
      const split = protocol.split(route.takes, body, JSON.parse(body), given);
      const rules = callRules(request, route, split, { ...collector, newId });
      for (const call of split.calls) {
        calls += 1;
        current = call.value;
        const visit = visits.of(sender, call.value, split.context);
        // The app stores nothing of such visitors by now.
        if (visit.mode === 'nothing') continue;
        const { json, personId } = lineOf(call, sender, rules, visit);
        lines.push({ json, personId });
      }
      return { lines };
    } catch (error) {
      return { refusal: refusalOf(error), call: current };
    }
  };
  const pieces = piecesOf(letter, facts, protocol, route.takes);
  return sumOf(
    letter,
    collector.redactors,
    pieces.map((piece) => ({ piece, checked: check(piece) })),
  );
}

function sumOf(
  letter: DeadLetter,
  redactors: Redactors,
  all: readonly { readonly piece: Piece; readonly checked: Checked }[],
): Rechecked {
  const lines = all.flatMap(({ checked }) => ('lines' in checked ? checked.lines : []));
  const refused = all.flatMap(({ piece, checked }) =>
    'refusal' in checked ? [{ piece, ...checked }] : [],
  );
  if (lines.length > 0) {
    const isBatch = all.some(({ piece }) => piece.id !== letter.dead_letter_id);
    // Rules may have come since the batch's letter was made.
    const letters = refused.map((one) =>
      cutLetter(redactedLetter(letterOf(one, letter), redactors)),
    );
    return { outcome: 'passed', lines, ...(isBatch && { refused: letters }) };
  }
  const [first] = refused;
  if (first !== undefined) {
    const others = all.length === 1 ? '' : ` (${refused.length} of ${all.length} events)`;
    const message = `${first.refusal.message}${others}`;
    return { outcome: 'failed', reason: { ...first.refusal, message } };
  }
  return {
    outcome: 'not_redrivable',
    code: 'declined',
    message: 'by the config of now, nothing may be stored of its visitor',
  };
}

/** The letter of a call that is refused while others of its batch pass. Sent again, it makes what it would have made in the batch. */
function letterOf(
  { piece, refusal, call }: { piece: Piece; refusal: Refusal; call: unknown },
  batch: DeadLetter,
): DeadLetter {
  return {
    dead_letter_id: piece.id,
    part_of: batch.dead_letter_id,
    received_at: batch.received_at,
    app_id: batch.app_id,
    code: refusal.code,
    pointer: storableText(refusal.pointer),
    message: storableText(refusal.message),
    schema: refusal.schema,
    ...callColumns(isJsonObject(call) ? call : {}),
    payload: piece.text,
    request: batch.request,
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  if (error instanceof RefusedRequestError) {
    const { code, pointer, message } = error;
    return { code, pointer, message };
  }
  throw error;
}

function unreadable({ code: refused, payload }: DeadLetter): Rechecked {
  const of = (code: string, message: string): Rechecked => ({
    outcome: 'not_redrivable',
    code,
    message,
  });
  const cut = () =>
    of('payload_cut', `at most the first ${MAX_DEAD_LETTER_BYTES} bytes of what came are kept`);
  // Nothing is kept of what unpacks to too much.
  if (refused === 'request_too_large') return cut();
  if (payload === '') return of('not_kept', 'what came was not kept: its visitor is anonymous');
  // A cut may fall into a character of up to four bytes.
  if (Buffer.byteLength(payload) <= MAX_DEAD_LETTER_BYTES - 4) {
    return of('no_json', 'what came is no JSON');
  }
  return cut();
}
