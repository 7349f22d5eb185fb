import type { JsonObject } from '../envelope.ts';
import { idText, isJsonObject, scalarText } from '../json.ts';
import { isIdentityName, isIdentityParameter } from './identity-names.ts';

/** Members of a call that say what happened. */
const CALL: ReadonlySet<string> = new Set([
  'type',
  'event',
  'name',
  'category',
  'messageId',
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'properties',
  'context',
  'schema',
]);

/** Members of a context, and of those that are objects what is kept of them; `true`: all. */
const CONTEXT: Readonly<Record<string, true | readonly string[]>> = {
  page: ['url', 'path', 'referrer', 'title', 'search'],
  campaign: ['source', 'medium', 'name', 'term', 'content'],
  screen: ['width', 'height', 'density'],
  device: ['type'],
  browser: ['name', 'version'],
  os: ['name', 'version'],
  app: ['name', 'version', 'build'],
  library: ['name', 'version'],
  location: ['country'],
  locale: true,
  timezone: true,
  schema: true,
  consent: true,
  consentManagement: true,
};

/** Ids that are shorter stand in other texts by chance. */
const SHORTEST_ID = 6;
/** What stands where an id or a parameter's value stood. Enrichment still sees that the parameter was there. */
const REMOVED = 'removed';

/**
 * A call of a visitor who stays anonymous: what happened, without ids, traits, address and what else tells visitors apart. Ids of
 * the call are removed wherever they stand. Of the context only what is known to say nothing of the visitor is kept.
 */
export function anonymousCall(call: JsonObject): JsonObject {
  const ids = idsOf(call);
  const kept: Record<string, unknown> = {};
  for (const key in call) {
    const value = call[key];
    if (!CALL.has(key) || value === undefined) continue;
    if (key === 'context') kept.context = anonymousContext(value, ids);
    // One that is made of an id would keep it; without one the server makes its own.
    else if (key === 'messageId') {
      if (!holdsId(scalarText(value), ids)) kept.messageId = value;
    } else kept[key] = withoutIds(value, ids);
  }
  return kept;
}

/** As anonymousCall, of a context alone: a batch's. */
export function anonymousContext(context: unknown, ids: readonly string[] = []): unknown {
  if (!isJsonObject(context)) return withoutIds(context, ids);
  const kept: Record<string, unknown> = {};
  for (const [key, members] of Object.entries(CONTEXT)) {
    const value = context[key];
    if (value === undefined || value === null) continue;
    if (members === true) kept[key] = withoutIds(value, ids);
    else if (isJsonObject(value)) {
      const known = Object.entries(value).filter(([name]) => members.includes(name));
      kept[key] = withoutIds(Object.fromEntries(known), ids);
    }
  }
  return kept;
}

/** Whether a text names one of a call's ids. */
export function namesIdOf(call: JsonObject, text: string): boolean {
  return holdsId(text, idsOf(call));
}

function idsOf(call: JsonObject): string[] {
  const context = isJsonObject(call.context) ? call.context : undefined;
  const properties = isJsonObject(call.properties) ? call.properties : undefined;
  const ids = [call.anonymousId, call.userId, call.previousId, call.groupId];
  ids.push(context?.groupId, context?.sessionId, context?.ip, properties?.session_id);
  for (const traits of [call.traits, context?.traits]) {
    if (isJsonObject(traits)) ids.push(traits.id, traits.email, traits.phone, traits.username);
  }
  const texts = ids.flatMap(textsIn).filter((id) => id.length >= SHORTEST_ID);
  return [...new Set(texts.flatMap((id) => [id, encodeURIComponent(id.toWellFormed())]))];
}

/** Of an id, itself; what comes where an id should be may be anything. */
function textsIn(id: unknown): string[] {
  if (Array.isArray(id)) return id.flatMap(textsIn);
  if (isJsonObject(id)) return Object.values(id).flatMap(textsIn);
  const text = idText(id);
  return text === undefined ? [] : [text];
}

function holdsId(text: string | undefined, ids: readonly string[]): boolean {
  return text !== undefined && ids.some((id) => text.includes(id));
}

function withoutIds(value: unknown, ids: readonly string[]): unknown {
  if (typeof value === 'string') return withoutParameters(withoutTexts(value, ids));
  if (Array.isArray(value)) return value.map((member) => withoutIds(member, ids));
  if (!isJsonObject(value)) return holdsId(scalarText(value), ids) ? REMOVED : value;
  // No prototype: `__proto__` is a key as any other.
  const kept = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) {
    if (!isIdentityName(key) && !holdsId(key, ids)) kept[key] = withoutIds(member, ids);
  }
  return kept;
}

function withoutTexts(text: string, ids: readonly string[]): string {
  return ids.reduce((left, id) => left.replaceAll(id, REMOVED), text);
}

/** Parameters of a URL, or of a query, that tell visitors apart lose their values. */
function withoutParameters(text: string): string {
  if (!text.includes('=')) return text;
  return text.replace(/(^|[?&#;])([^=?&#;\s]+)=([^&#;\s]+)/g, (whole, before, name) =>
    isIdentityParameter(decoded(name)) ? `${before}${name}=${REMOVED}` : whole,
  );
}

function decoded(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? name;
}
