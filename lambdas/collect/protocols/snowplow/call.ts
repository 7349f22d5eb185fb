import { parseTime } from '../../clock.ts';
import type { JsonObject } from '../../envelope.ts';
import { isJsonObject, numberFrom, parseExactly, scalarText, shapeOf } from '../../json.ts';
import { MAX_DEPTH } from '../../limits.ts';
import { PLACEHOLDERS } from '../../privacy/redactor.ts';
import { type Refusal, RefusedError, shown } from '../../refusal.ts';
import type { IncomingCall } from '../../split.ts';
import type { SplitFacts } from '../protocol.ts';
import { entitiesOf, knownFacts } from './entities.ts';
import { eventOf } from './events.ts';

/** What the calls of a payload are made with, beside its events. */
export interface PayloadFacts extends SplitFacts {
  /** That an event of the payload names: of those that name none. */
  readonly appId: string | undefined;
}

/** Parameters that have a place in the call. All others are kept as they are, in the context's `snowplow`. The address is not stored. */
const PLACED: ReadonlySet<string> = new Set(
  'eid duid uid sid dtm ttm stm url refr page ua lang tz tv co cx ip'.split(' '),
);

/** Ids of visitors; `fp` is the fingerprint of older trackers. */
const IDS: readonly string[] = ['duid', 'uid', 'nuid', 'tnuid', 'fp', 'ip'];

/** Makes the call of one event as it came; where that fails, one that says why. */
export function callOf(event: IncomingCall, facts: PayloadFacts): IncomingCall {
  const own = isJsonObject(event.value) ? event.value : {};
  const writeKey = scalarText(own.aid) ?? facts.appId ?? '';
  // What a server says of its own address says nothing of its visitors.
  const isAnonymous =
    facts.request.signals?.serverAnonymous === true && facts.keys.kindOf(writeKey) !== 'server';
  let original = isAnonymous ? '{}' : event.text;
  try {
    let parameters = readable(event);
    if (isAnonymous) {
      // Entities that cannot be read may hold ids.
      original = JSON.stringify(without(parameters, [...IDS, 'co', 'cx']));
      parameters = withoutIds(parameters);
      original = JSON.stringify(parameters);
    }
    const text = JSON.stringify({ ...segmentCall(parameters, writeKey, facts), writeKey });
    return { text, original, value: JSON.parse(text), ...shapeOf(text) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    // What a visitor allowed holds for the dead letter, too.
    const context = { consent: consentIn(event) };
    const value = { writeKey, messageId: scalarText(own.eid), context };
    const text = JSON.stringify(value);
    return { text, original, value, ...shapeOf(text), refusal: error.refusal };
  }
}

function consentIn(event: IncomingCall): JsonObject | undefined {
  try {
    return knownFacts(entitiesOf(readable(event))).consent;
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/** An event of a visitor whose tracker says SP-Anonymous: without ids and address. A session may stay where the tracker sends one. */
function withoutIds(event: JsonObject): JsonObject {
  const entities = entitiesOf(event);
  if (!entities.hasDevice()) return without(event, IDS);
  const co = JSON.stringify({ data: entities.withoutDevice() });
  return { ...without(event, [...IDS, 'co', 'cx']), co };
}

function without(event: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(event).filter(([key]) => !names.includes(key)));
}

/** @throws RefusedError where it is no object, or too deep to be read. */
function readable(event: IncomingCall): JsonObject {
  const { text, value, depth } = event;
  const refused = (message: string): Refusal => ({ code: 'invalid_event', pointer: '', message });
  if (depth > MAX_DEPTH) {
    throw new RefusedError(
      refused(`the event is nested ${depth} levels deep: at most ${MAX_DEPTH} are allowed`),
    );
  }
  if (!isJsonObject(value)) {
    throw new RefusedError(refused(`the event is ${shown(value)}: an object is needed`));
  }
  return parseExactly(text, value, event).exact as JsonObject;
}

function segmentCall(event: JsonObject, appId: string, { keys }: PayloadFacts): JsonObject {
  const of = (key: string) => scalarText(event[key]);
  const entities = entitiesOf(event);
  const known = knownFacts(entities);
  const { type, name, properties, schema, consent, contexts, taken } = eventOf(event, entities);
  const screen = screenOf(of('res'));
  const page = pageOf(of('url'), of('refr'), of('page'));
  const duid = of('duid') ?? known.deviceId;
  // A write key names no part of an app, and some are trusted with past times. Dead letters hold a placeholder for it.
  const isPlaced = (key: string) =>
    PLACED.has(key) ||
    taken.has(key) ||
    (key === 'res' && screen !== undefined) ||
    (key === 'aid' && (keys.kindOf(appId) !== undefined || appId === PLACEHOLDERS.writeKey));
  const rest = Object.entries(event).filter(([key, value]) => value !== '' && !isPlaced(key));
  return {
    type,
    event: name,
    messageId: of('eid'),
    anonymousId: duid ?? of('nuid') ?? of('tnuid'),
    userId: of('uid'),
    originalTimestamp: timeOf(event, 'dtm'),
    timestamp: timeOf(event, 'ttm'),
    sentAt: of('stm'),
    properties,
    context: {
      page,
      userAgent: of('ua'),
      locale: of('lang'),
      timezone: of('tz'),
      screen,
      sessionId: of('sid') ?? known.sessionId,
      os: known.os && { name: known.os },
      consent: consent ?? known.consent,
      library: { name: 'snowplow', version: of('tv') },
      schema,
      contexts: contexts.length > 0 ? contexts : undefined,
      snowplow: Object.fromEntries(rest),
    },
  };
}

/** @throws RefusedError where it is no time: an event whose time cannot be read would be counted somewhere. */
function timeOf(event: JsonObject, key: string): string | undefined {
  const text = scalarText(event[key]);
  if (text === undefined || parseTime(text) !== undefined) return text;
  throw new RefusedError({
    code: 'invalid_event',
    pointer: `/${key}`,
    message: `/${key} is ${shown(text)}: milliseconds since 1970 are allowed`,
  });
}

function pageOf(url?: string, referrer?: string, title?: string): JsonObject | undefined {
  if (url === undefined && referrer === undefined && title === undefined) return undefined;
  const [, path, search] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i.exec(url ?? '') ?? [];
  return { url, path: path === '' ? '/' : path, search, referrer, title };
}

/** Of 1920x1080. */
function screenOf(text: string | undefined): JsonObject | undefined {
  const [, width = '', height = ''] = /^(\d{1,6})x(\d{1,6})$/.exec(text ?? '') ?? [];
  const [across, down] = [numberFrom(width), numberFrom(height)];
  return across === undefined || down === undefined ? undefined : { width: across, height: down };
}
