import type { DeadLetter } from '../../../core/event.ts';
import { batchTexts, deadLetter, type RequestFacts } from '../dead-letter.ts';
import type { JsonObject } from '../envelope.ts';
import { isJsonObject, parseExactly } from '../json.ts';
import { MAX_DEPTH } from '../limits.ts';
import type { Refusal } from '../refusal.ts';
import type { IncomingCall } from '../split.ts';
import { withoutAddress, withoutAddressText } from './address.ts';
import { anonymousCall, anonymousContext, namesIdOf } from './anonymous-call.ts';
import { anonymousFacts } from './anonymous-facts.ts';
import { isIdentityName } from './identity-names.ts';
import type { Visit } from './visits.ts';

/** The dead letter of a refused call, with what may be stored of its visitor. */
export function refusedLetter(
  call: IncomingCall,
  refusal: Refusal,
  facts: RequestFacts,
  visit: Visit,
): DeadLetter {
  const context = keptContext(facts.context, visit);
  const all = { ...facts, context, visit };
  const payload = keptText(call, visit);
  if (visit.mode === 'full') return deadLetter(refusal, payload, call.value, all);
  const value: unknown = payload === '' ? undefined : JSON.parse(payload);
  const place = placeOf([call], visit);
  return deadLetter(quiet(refusal, call), payload, value, { ...anonymousFacts(all), ...place });
}

/** The dead letters of text that is not read as calls; none where nothing may be stored. */
export function unreadLetters(
  refusal: Refusal,
  text: string,
  facts: RequestFacts,
  visit: Visit,
): DeadLetter[] {
  if (visit.mode === 'nothing') return [];
  if (visit.mode === 'full') {
    return [deadLetter(refusal, withoutAddressText(text), undefined, { ...facts, visit })];
  }
  const message = `${refusal.code}; the text is not kept, because its visitor is anonymous`;
  return [deadLetter({ ...refusal, message }, '', undefined, { ...anonymousFacts(facts), visit })];
}

/** The dead letters of calls that are refused together: batches again, apart by what may be stored of their visitors. */
export function batchLetters(
  refusal: Refusal,
  calls: readonly { readonly call: IncomingCall; readonly visit: Visit }[],
  facts: RequestFacts,
): DeadLetter[] {
  const groups = Map.groupBy(calls, ({ visit }) => JSON.stringify(visit));
  return [...groups.values()].flatMap((group) => {
    const visit = group[0]?.visit;
    if (visit === undefined || visit.mode === 'nothing') return [];
    const texts = group.map(({ call }) => keptText(call, visit)).filter((text) => text !== '');
    const place = placeOf(
      group.map(({ call }) => call),
      visit,
    );
    const context = keptContext(facts.context, visit);
    const kept = visit.mode === 'full' ? facts : anonymousFacts(facts);
    return batchTexts(texts).map((payload) =>
      deadLetter(refusal, payload, undefined, { ...kept, context, visit, ...place }),
    );
  });
}

/** An anonymous visitor's call is kept as a call of ours, whatever the protocol was that it came in: it is sent again as one. */
function placeOf(calls: readonly IncomingCall[], { mode }: Visit) {
  const isTranslated = mode !== 'full' && calls.some(({ original }) => original !== undefined);
  return isTranslated ? { method: 'POST', path: '/v1/batch' } : undefined;
}

/** Empty where nothing of it may be kept. */
function keptText(call: IncomingCall, { mode }: Visit): string {
  const text = (call.original ?? call.text).trim();
  if (mode === 'full') return withoutAddressIn(text, call);
  return isReadable(call) ? JSON.stringify(anonymousCall(exactly(call))) : '';
}

function withoutAddressIn(text: string, call: IncomingCall): string {
  const cleaned = withoutAddressText(text);
  if (cleaned === text || call.original !== undefined || !isReadable(call)) return cleaned;
  // Only the call's own and its context's: a property of that name is the app's.
  return JSON.stringify(withoutAddress(exactly(call)));
}

function keptContext(context: unknown, { mode }: Visit): unknown {
  if (mode !== 'full') return context === undefined ? undefined : anonymousContext(context);
  return isJsonObject(context) ? withoutAddress(context) : context;
}

function exactly(call: IncomingCall): JsonObject {
  return parseExactly(call.text, call.value, call).exact as JsonObject;
}

/** Deeper ones would exhaust the stack. */
function isReadable({ value, depth }: IncomingCall): boolean {
  return isJsonObject(value) && depth <= MAX_DEPTH;
}

/** Messages show the value that was got; pointers show keys. */
function quiet(refusal: Refusal, call: IncomingCall): Refusal {
  const tells =
    refusal.pointer.split('/').some(isIdentityName) ||
    (isReadable(call) && namesIdOf(call.value as JsonObject, refusal.pointer));
  return {
    ...refusal,
    pointer: tells ? '' : refusal.pointer,
    message: `${refusal.code}; the value is not kept, because its visitor is anonymous`,
  };
}
