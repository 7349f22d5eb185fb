import type { Validator } from '#validators';
import type { CollectRoute } from '../../core/collect-routes.ts';
import type { DeadLetter, EventType } from '../../core/event.ts';
import { BadRequestError, ContentTooLargeError } from '../runtime/http-error.ts';
import { checkOrigin, type Sender, type WriteKeys } from './authenticate.ts';
import { type CallRules, lineOf } from './check.ts';
import type { Collected } from './collected.ts';
import { cutLetter, type RefusedEntry, type RequestFacts, refusedEntry } from './dead-letter.ts';
import type { JsonObject } from './envelope.ts';
import { isJsonObject, jsonProblem } from './json.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import type { Line } from './map.ts';
import { PersonKeys } from './person-key.ts';
import { redactedLetter, redactedMessage } from './privacy/letter.ts';
import type { Redactors } from './privacy/redactors.ts';
import { protocols } from './protocols/protocols.ts';
import { type Refusal, RefusedError } from './refusal.ts';
import type { CollectRequest } from './request.ts';
import type { Routes } from './routes.ts';
import type { SchemaRegistry } from './schema.ts';
import type { Sinks } from './sinks.ts';
import { RefusedRequestError, type SplitRequest } from './split.ts';
import { batchLetters, refusedLetter, unreadLetters } from './visitor/letters.ts';
import { type Visit, Visits } from './visitor/visits.ts';

/** What collect works with. */
export interface Collector {
  readonly routes: Routes;
  readonly keys: WriteKeys;
  readonly envelopes: Readonly<Record<EventType, Validator>>;
  readonly schemas: SchemaRegistry;
  readonly redactors: Redactors;
  readonly newId: () => string;
  /** Makes the id of a cookie. */
  readonly newVisitorId: () => string;
  /**
   * Counts a request of a key.
   * @throws TooManyRequestsError
   */
  readonly admit: (sender: Sender) => void;
}

/** What the steps of taking a request share. */
interface Intake {
  readonly request: CollectRequest;
  readonly visits: Visits;
  readonly sinks: Sinks;
}

/**
 * Takes a request's events. A refused event does not stop the others.
 * @throws HttpError where the request as a whole is refused, or nothing could be stored.
 */
export async function collect(
  request: CollectRequest,
  route: CollectRoute,
  collector: Collector,
  open: Sinks,
): Promise<Collected> {
  const sinks = privateSinks(open, collector.redactors);
  const protocol = protocols[route.protocol];
  const visits = new Visits(request.signals, {
    newId: collector.newVisitorId,
    takesNewcomers: protocol.namesNobody === 'newcomer',
  });
  const intake = { request, visits, sinks };
  const lookup: Lookup = (name) => protocol.senderOf(name, collector.keys);
  const enter = (sender: Sender) => {
    checkOrigin(sender.app, request.origin);
    collector.admit(sender);
  };
  const key = protocol.keyOf(request);
  const known = key === undefined ? undefined : lookup(key);
  if (known) enter(known);
  const decoded = protocol.textOf(request);
  // Most protocols have it at once: waiting for what is there costs as much as finding the route.
  const { text, tooLarge } = decoded instanceof Promise ? await decoded : decoded;
  if (tooLarge) return refuseTooLarge(text, known, intake);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const owner = known ?? lookup(undefined);
    if (!known) enter(owner);
    return refuseRequest(invalidJson(error as SyntaxError, text), text, [owner], intake);
  }
  const sender = known ?? bodySender(body, lookup);
  let split: SplitRequest;
  try {
    const { keys, newId } = collector;
    split = protocol.split(route.takes, text, body, { request, keys, newId });
  } catch (error) {
    if (!(error instanceof RefusedRequestError)) throw error;
    const owners = ownersOf(error, sender, lookup);
    if (!known) for (const one of new Set(owners)) enter(one);
    // The batch's own time: its calls are kept without the batch around them.
    const batch = isJsonObject(body) ? body : {};
    return refuseRequest(error, text, owners, intake, batch);
  }
  const senders = split.calls.map(({ value }) => sender ?? lookup(keyIn(value)));
  if (senders.length === 0 && sender === undefined) lookup(undefined);
  if (!known) for (const one of new Set(senders)) enter(one);
  const sorted = sortCalls(intake, split, senders, callRules(request, route, split, collector));
  const { lines, deadLetters, refused, declined } = sorted;
  await sinks.store(lines, deadLetters, declined);
  return { accepted: lines.length, refused, declined: declined.length, visitor: visits.answer() };
}

/** What a request's calls are checked against and mapped with; the same where a dead letter's call is sent again. */
export function callRules(
  request: CollectRequest,
  { takes }: CollectRoute,
  split: SplitRequest,
  collector: Collector,
): CallRules {
  return {
    takes,
    envelopes: collector.envelopes,
    schemas: collector.schemas,
    redactors: collector.redactors,
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

/** What is private leaves the calls before they become lines, and dead letters here: they hold what was refused before that. */
function privateSinks(sinks: Sinks, redactors: Redactors): Sinks {
  return {
    store: (lines, letters, declined) =>
      sinks.store(
        lines,
        letters.map((letter) => cutLetter(redactedLetter(letter, redactors))),
        declined,
      ),
  };
}

function sortCalls(
  { request, visits }: Intake,
  split: SplitRequest,
  senders: readonly Sender[],
  rules: CallRules,
) {
  const lines: Line[] = [];
  const refused: RefusedEntry[] = [];
  const deadLetters: DeadLetter[] = [];
  /** Apps, one an event. */
  const declined: string[] = [];
  for (const [index, call] of split.calls.entries()) {
    const sender = senders[index] as Sender;
    const visit = visits.of(sender, call.value, split.context);
    if (visit.mode === 'nothing') {
      declined.push(sender.app.id);
      continue;
    }
    try {
      lines.push(lineOf(call, sender, rules, visit));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const facts = { ...factsOf(request, sender), sentAt: split.sentAt, context: split.context };
      refused.push(refusedEntry(index, answered(error.refusal, sender, rules), call.value));
      deadLetters.push(refusedLetter(call, error.refusal, facts, visit));
    }
  }
  return { lines, refused, declined, deadLetters };
}

/** A refusal as the answer shows it: proxies and clients write answers into logs. */
function answered(refusal: Refusal, { app }: Sender, { redactors }: CallRules): Refusal {
  const { message, pointer } = refusal;
  return { ...refusal, message: redactedMessage(message, pointer, redactors.of(app.id)) };
}

/** Keeps the start of a request that is too large as a dead letter, then answers 413. */
async function refuseTooLarge(
  text: string,
  sender: Sender | undefined,
  { request, visits, sinks }: Intake,
): Promise<never> {
  const message = `the request has more than ${MAX_REQUEST_BYTES} bytes: send smaller batches`;
  // The key may stand in the body, which is not read: then nobody is known to whom a dead letter would belong.
  if (sender) {
    const refusal = { code: 'request_too_large' as const, pointer: '', message };
    const visit = visits.ofUnread(sender);
    const letters = unreadLetters(refusal, text, factsOf(request, sender), visit);
    await sinks.store([], letters, declinedOf(sender, [{ visit }]));
  }
  throw new ContentTooLargeError('request_too_large', message, { isKept: sender !== undefined });
}

function invalidJson(cause: SyntaxError, text: string): RefusedRequestError {
  const problem = text === '' ? 'it is empty' : jsonProblem(cause);
  return new RefusedRequestError('invalid_json', '', `the body is no JSON: ${problem}`);
}

/** Whose a refused request is: of each call, or of what holds none. A batch may hold calls of several apps. */
function ownersOf(
  { calls, key }: RefusedRequestError,
  sender: Sender | undefined,
  lookup: Lookup,
): readonly [Sender, ...Sender[]] {
  if (sender) return [sender];
  const [first, ...others] = calls.map(({ value }) => lookup(keyIn(value) ?? key));
  return first === undefined ? [lookup(key)] : [first, ...others];
}

/**
 * Keeps a refused request as dead letters, then answers 400.
 * @param owners of the calls; one for all of them, or where there are none.
 */
async function refuseRequest(
  { code, pointer, message, calls, context }: RefusedRequestError,
  text: string,
  owners: readonly [Sender, ...Sender[]],
  { request, visits, sinks }: Intake,
  batch: JsonObject = {},
): Promise<never> {
  const refusal = { code, pointer, message };
  const factsFor = (sender: Sender) => ({
    ...factsOf(request, sender),
    sentAt: batch.sentAt,
    context,
  });
  const shared = isJsonObject(batch.context) ? batch.context : undefined;
  if (calls.length > 0) {
    const bySender = Map.groupBy(calls.entries(), ([index]) => owners[index] ?? owners[0]);
    const letters: DeadLetter[] = [];
    const declined: string[] = [];
    for (const [sender, own] of bySender) {
      const all = own.map(([, call]) => ({ call, visit: visits.of(sender, call.value, shared) }));
      letters.push(...batchLetters(refusal, all, factsFor(sender)));
      declined.push(...declinedOf(sender, all));
    }
    await sinks.store([], letters, declined);
  } else {
    const [sender] = owners;
    const visit = visits.ofUnread(sender);
    const letters = unreadLetters(refusal, text, factsFor(sender), visit);
    await sinks.store([], letters, declinedOf(sender, [{ visit }]));
  }
  throw new BadRequestError(code, message, { extensions: { pointer }, isKept: true });
}

function declinedOf({ app }: Sender, all: readonly { readonly visit: Visit }[]): string[] {
  return all.filter(({ visit }) => visit.mode === 'nothing').map(() => app.id);
}

/** The sender with a key; without one, of what comes without. */
type Lookup = (key: string | undefined) => Sender;

function bodySender(body: unknown, lookup: Lookup): Sender | undefined {
  const key = keyIn(body);
  return key === undefined ? undefined : lookup(key);
}

function keyIn(value: unknown): string | undefined {
  const key = isJsonObject(value) ? value.writeKey : undefined;
  return typeof key === 'string' ? key : undefined;
}

function factsOf(
  { receivedAt, method, path, userAgent, acceptLanguage, country }: CollectRequest,
  { app, kind }: Sender,
): RequestFacts {
  return { appId: app.id, receivedAt, method, path, userAgent, acceptLanguage, country, kind };
}
