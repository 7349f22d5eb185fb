import type { EventType } from '../../core/event.ts';
import { scalarText } from './json.ts';

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Keys of a call that have a column, or that only steer the client's own delivery. All others are kept in `_extra`. */
const CALL_KEYS: ReadonlySet<string> = new Set([
  'type',
  'event',
  'messageId',
  'anonymousId',
  'userId',
  'previousId',
  'groupId',
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'receivedAt',
  'context',
  'properties',
  'traits',
  'name',
  'category',
  'writeKey',
  'integrations',
  '_metadata',
  'version',
]);

/** Keys of the context that have a column, and the address, which is not stored. All others are kept in `_context`. */
const CONTEXT_KEYS: ReadonlySet<string> = new Set([
  'page',
  'campaign',
  'screen',
  'locale',
  'traits',
  'groupId',
  'sessionId',
  'consent',
  'ip',
]);
const PAGE_KEYS: ReadonlySet<string> = new Set(['url', 'path', 'referrer', 'title', 'search']);
const CAMPAIGN_KEYS: ReadonlySet<string> = new Set(['source', 'medium', 'name', 'term', 'content']);
const SCREEN_KEYS: ReadonlySet<string> = new Set(['width', 'height']);

/** What a call holds beside its columns: it goes into the properties, so that nothing that a client sent is lost. */
export function extrasOf(
  type: EventType,
  call: JsonObject,
  context: JsonObject | undefined,
): JsonObject | undefined {
  let extras: Record<string, unknown> | undefined;
  const category = scalarText(call.category);
  if (category !== undefined) extras = { category };
  if (type !== 'page' && type !== 'screen' && call.name !== undefined) {
    extras = { ...extras, name: call.name };
  }
  const contextRest = context && contextLeft(context);
  if (contextRest) extras = { ...extras, _context: contextRest };
  const callRest = leftOver(call, CALL_KEYS);
  if (callRest) extras = { ...extras, _extra: callRest };
  return extras;
}

/** The properties' JSON text with the extras behind them; a key that the client uses itself stays the client's. */
export function withExtras(
  properties: JsonObject | undefined,
  extras: JsonObject | undefined,
): string | undefined {
  const all = extras === undefined ? properties : { ...properties, ...without(extras, properties) };
  const text = all && JSON.stringify(all);
  return text === '{}' ? undefined : text;
}

function contextLeft(context: JsonObject): JsonObject | undefined {
  let rest = leftOver(context, CONTEXT_KEYS);
  const keep = (key: string, known: ReadonlySet<string>) => {
    const value = context[key];
    if (typeof value !== 'object' || value === null) return;
    const left = leftOver(value as JsonObject, known);
    if (left) {
      rest ??= {};
      rest[key] = left;
    }
  };
  keep('page', PAGE_KEYS);
  keep('campaign', CAMPAIGN_KEYS);
  keep('screen', SCREEN_KEYS);
  return rest;
}

/** Members whose key is not known; undefined where none is left. */
function leftOver(
  object: JsonObject,
  known: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  let rest: Record<string, unknown> | undefined;
  for (const key in object) {
    if (known.has(key) || object[key] === null) continue;
    rest ??= {};
    setMember(rest, key, object[key]);
  }
  return rest;
}

/** Extras whose key the client does not use itself. */
function without(extras: JsonObject, properties: JsonObject | undefined): JsonObject {
  if (properties === undefined) return extras;
  for (const key in extras) {
    if (!Object.hasOwn(properties, key)) continue;
    return Object.fromEntries(
      Object.entries(extras).filter(([other]) => !Object.hasOwn(properties, other)),
    );
  }
  return extras;
}

/** Sets a member, also `__proto__`, which is a key as any other. An object without a prototype would do, but is slow to write. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true });
}
