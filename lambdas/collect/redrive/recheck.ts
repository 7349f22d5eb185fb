import type { App } from '../../../core/config.ts';
import type { DeadLetter, DeadLetterCode } from '../../../core/event.ts';
import { NotFoundError } from '../../runtime/http-error.ts';
import { lineOf } from '../check.ts';
import { type Collector, callRules } from '../collect.ts';
import { batchSpans, isJsonObject } from '../json.ts';
import { MAX_DEAD_LETTER_BYTES } from '../limits.ts';
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
    return recheckCalls(letter, JSON.parse(letter.request) as RequestText, app, collector);
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

/** Bodies with the calls of a letter, each as its client could have sent it. @throws SyntaxError where the payload is no JSON. */
function bodiesOf(
  letter: DeadLetter,
  { sent_at: sentAt, context }: RequestText,
  protocol: Protocol,
  takes: Parameters<Protocol['wrap']>[0],
): string[] {
  const { payload } = letter;
  const value: unknown = JSON.parse(payload);
  if (!WHOLE_REQUESTS.includes(letter.code)) {
    return [protocol.wrap(takes, payload, { sentAt, context })];
  }
  if (!isJsonObject(value) || !Array.isArray(value.batch) || value.batch.length === 0)
    return [payload];
  return batchSpans(payload).map(({ start, end }) =>
    protocol.wrap(takes, payload.slice(start, end), { sentAt, context }),
  );
}

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
  const bodies = bodiesOf(letter, facts, protocol, route.takes);
  const sender = { app, kind: facts.key_kind ?? 'public', keyId: '' };
  const lines: RedrivenLine[] = [];
  const refusals: Refusal[] = [];
  let calls = 0;
  // An id of the letter's own where the client gave none: a new one each time would make two events of two tries.
  const newId = () => (calls === 1 ? letter.dead_letter_id : `${letter.dead_letter_id}-${calls}`);
  const earlier = visitOf(facts.visit);
  const takesNewcomers = protocol.namesNobody === 'newcomer';
  const visits = new Visits(undefined, { earlier, newId, takesNewcomers });
  for (const body of bodies) {
    try {
      const split = protocol.split(route.takes, body, JSON.parse(body), {
        request,
        keys: collector.keys,
      });
      const rules = callRules(request, route, split, { ...collector, newId });
      for (const call of split.calls) {
        calls += 1;
        const visit = visits.of(sender, call.value, split.context);
        // The app stores nothing of such visitors by now.
        if (visit.mode === 'nothing') continue;
        const { json, personId } = lineOf(call, sender, rules, visit);
        lines.push({ json, personId });
      }
    } catch (error) {
      refusals.push(refusalOf(error));
    }
  }
  const [first] = refusals;
  if (first !== undefined) {
    const others = bodies.length === 1 ? '' : ` (${refusals.length} of ${bodies.length} events)`;
    return { outcome: 'failed', reason: { ...first, message: `${first.message}${others}` } };
  }
  if (lines.length > 0) return { outcome: 'passed', lines };
  return {
    outcome: 'not_redrivable',
    code: 'declined',
    message: 'by the config of now, nothing may be stored of its visitor',
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

function unreadable({ payload }: DeadLetter): Rechecked {
  const of = (code: string, message: string): Rechecked => ({
    outcome: 'not_redrivable',
    code,
    message,
  });
  if (payload === '') return of('not_kept', 'what came was not kept: its visitor is anonymous');
  // A cut may fall into a character of up to four bytes.
  if (Buffer.byteLength(payload) <= MAX_DEAD_LETTER_BYTES - 4) {
    return of('no_json', 'what came is no JSON');
  }
  return of('payload_cut', `only the first ${MAX_DEAD_LETTER_BYTES} bytes of what came are kept`);
}
