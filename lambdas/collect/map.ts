import type { EventRecord, EventType } from '../../core/event.ts';
import { eventTime, parseTime } from './clock.ts';
import type { ChannelRules } from './enrich/channel-rules.ts';
import { enrich, type VisitorHints } from './enrich/enrich.ts';
import { extrasOf, type JsonObject, withExtras } from './envelope.ts';
import { idText, isJsonObject, plainNumber, scalarText } from './json.ts';
import type { PersonKeys } from './person-key.ts';
import { RefusedError, shown } from './refusal.ts';
import { schemaFolder } from './schema.ts';
import type { Visit } from './visitor/visits.ts';

/** What the record of an event takes from elsewhere than the event. */
export interface EventFacts {
  readonly type: EventType;
  readonly appId: string;
  readonly kind: 'public' | 'server';
  readonly receivedAt: number;
  /** sentAt of the batch. */
  readonly sentAt?: unknown;
  readonly personKeys: PersonKeys;
  /** Of the request's headers. */
  readonly visitor: VisitorHints;
  /** User agent that the event's context states. */
  readonly statedUserAgent?: string;
  /** What may be stored of the visitor: the call holds no more. */
  readonly visit: Visit;
  /** The app's own rules for channels. */
  readonly channelRules: ChannelRules;
  /** The schema that it passed. */
  readonly schema?: string;
  /** Makes a message id where the client sent none. */
  readonly newId: () => string;
}

/** A record as the stream carries it. */
export interface Line {
  /** JSON, without a newline. */
  readonly json: string;
  readonly appId: string;
  /** The person, for the partition key; of nobody's event the event itself, so that such events spread. */
  readonly personId: string;
}

/** Where a call has no such object. */
const NOTHING: JsonObject = {};

/** Events that bring money where they name no revenue: then `total` or `value` is it. Elsewhere those are carts and prices. */
const PURCHASES: ReadonlySet<string> = new Set(['order_completed', 'purchase']);

/** The name of an event: of a track call its event, of a page or screen its name, else the call's type. */
export function eventName(type: EventType, call: JsonObject): string {
  if (type === 'track') return String(call.event);
  if (type !== 'page' && type !== 'screen') return type;
  const properties = isJsonObject(call.properties) ? call.properties : undefined;
  return scalarText(call.name) ?? scalarText(properties?.name) ?? type;
}

/**
 * Maps a checked call to the envelope.
 * @throws RefusedError where it names no person or its time is none.
 */
export function mapEvent(call: JsonObject, facts: EventFacts): Line {
  const { type, appId, personKeys } = facts;
  const anonymousId = idText(call.anonymousId);
  const userId = idText(call.userId);
  const personId = anonymousId ?? userId;
  if (personId === undefined && !facts.visit.mayBeNobody) {
    throw new RefusedError({
      code: 'missing_id',
      pointer: '',
      message: 'anonymousId and userId are both missing: one of them is needed',
    });
  }
  const context = objectOf(call.context);
  const properties = objectOf(call.properties);
  const event = eventName(type, call);
  const traits = objectOf(call.traits) ?? objectOf(context?.traits);
  const time = times(call, facts);
  const isFull = facts.visit.mode === 'full';
  const page = pageColumns(type, context, properties);
  const dimensions = dimensionColumns(context, properties);
  const { revenue, currency } = money(type, event, properties);
  // Column by column: spreading the parts costs as much as the rest of the mapping.
  const record: EventRecord = {
    message_id: idText(call.messageId) ?? facts.newId(),
    app_id: appId,
    type,
    event,
    anonymous_id: anonymousId,
    user_id: userId,
    previous_id: idText(call.previousId),
    group_id: idText(call.groupId) ?? idText(context?.groupId),
    session_id: idText(context?.sessionId) ?? idText(properties?.session_id),
    event_at: time.eventAt,
    received_at: facts.receivedAt,
    // A clock that is wrong tells its device from others.
    sent_at: isFull ? time.sentAt : undefined,
    clock_skew_ms: isFull ? time.skewMs : undefined,
    url: page.url,
    path: page.path,
    referrer: page.referrer,
    title: page.title,
    search: page.search,
    channel: dimensions.channel,
    source: dimensions.source,
    medium: dimensions.medium,
    campaign: dimensions.campaign,
    term: dimensions.term,
    content: dimensions.content,
    device: dimensions.device,
    browser: dimensions.browser,
    os: dimensions.os,
    country: dimensions.country,
    locale: dimensions.locale,
    screen: dimensions.screen,
    is_bot: false,
    elapsed_ms: wholeNumber(properties?.elapsed_ms),
    target: scalarText(properties?.target),
    revenue,
    currency,
    properties: withExtras(properties, extrasOf(type, call, context)),
    traits: traits && JSON.stringify(traits),
    schema: facts.schema,
    consent: consentText(context?.consent),
  };
  enrich(record, {
    visitor: facts.visitor,
    kind: facts.kind,
    statedUserAgent: facts.statedUserAgent,
    hasCampaign: isJsonObject(context?.campaign),
    rules: facts.channelRules,
  });
  const json = JSON.stringify(record);
  // An alias without anonymousId says whose the previous id is, as an identify with both ids does.
  const deviceId = anonymousId ?? (type === 'alias' ? record.previous_id : undefined);
  // 63 bits do not fit a number: the keys join as text.
  const anonymous = deviceId ? `,"anonymous_key":${personKeys.of(appId, deviceId)}` : '';
  const user = userId ? `,"user_key":${personKeys.of(appId, userId)}` : '';
  return {
    json: `${json.slice(0, -1)}${anonymous}${user}}`,
    appId,
    personId: personId ?? record.message_id,
  };
}

function times(call: JsonObject, { receivedAt, kind, sentAt: batchSentAt }: EventFacts) {
  const sentAt = parseTime(plainNumber(isGiven(call.sentAt) ? call.sentAt : batchSentAt));
  const key = timeKey(call, kind);
  const originalAt = key === undefined ? undefined : parseTime(plainNumber(call[key]));
  if (key !== undefined && originalAt === undefined) {
    throw new RefusedError({
      code: 'invalid_event',
      pointer: `/${key}`,
      message: `/${key} is ${shown(call[key])}: ISO 8601 or seconds or milliseconds since 1970 are allowed`,
    });
  }
  const { eventAt, skewMs } = eventTime({ receivedAt, sentAt, originalAt, kind });
  return { eventAt, sentAt, skewMs };
}

/** The member that says when it happened: a server may have set the one that it trusts. */
function timeKey(
  { timestamp, originalTimestamp }: JsonObject,
  kind: EventFacts['kind'],
): 'timestamp' | 'originalTimestamp' | undefined {
  if (isGiven(timestamp) && (kind === 'server' || !isGiven(originalTimestamp))) return 'timestamp';
  return isGiven(originalTimestamp) ? 'originalTimestamp' : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Of a page call the properties describe the page; of another call the context does, and the properties fill what is open. */
function pageColumns(
  type: EventType,
  context: JsonObject | undefined,
  properties: JsonObject | undefined,
) {
  const page = objectOf(context?.page);
  if (type === 'url_change') return changedPage(page, properties);
  const first = (type === 'page' ? properties : page) ?? NOTHING;
  const second = (type === 'page' ? page : properties) ?? NOTHING;
  return {
    url: scalarText(first.url) ?? scalarText(second.url),
    path: scalarText(first.path) ?? scalarText(second.path),
    referrer: scalarText(first.referrer) ?? scalarText(second.referrer),
    title: scalarText(first.title) ?? scalarText(second.title),
    search: scalarText(first.search) ?? scalarText(second.search),
  };
}

/** The page that was reached. The context may be of the page that was left: only its title is taken. */
function changedPage(page: JsonObject | undefined, properties: JsonObject | undefined) {
  const url = scalarText(properties?.to);
  const [, path, search] =
    /^(?:[a-z][a-z\d+.-]*:)?(?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(url ?? '') ?? [];
  return {
    url,
    path: scalarText(path),
    referrer: scalarText(properties?.from),
    title: scalarText(properties?.title) ?? scalarText(page?.title),
    search: scalarText(search),
  };
}

/**
 * What answers are broken down by. The context says it; else a property named like the column does, because a filter on that
 * name reads the column.
 */
function dimensionColumns(context: JsonObject = NOTHING, properties: JsonObject = NOTHING) {
  const campaign = objectOf(context.campaign) ?? NOTHING;
  const country = objectOf(context.location)?.country;
  return {
    channel: scalarText(properties.channel),
    source: scalarText(campaign.source) ?? scalarText(properties.source),
    medium: scalarText(campaign.medium) ?? scalarText(properties.medium),
    campaign: scalarText(campaign.name) ?? scalarText(properties.campaign),
    term: scalarText(campaign.term) ?? scalarText(properties.term),
    content: scalarText(campaign.content) ?? scalarText(properties.content),
    device: scalarText(objectOf(context.device)?.type) ?? scalarText(properties.device),
    browser: scalarText(objectOf(context.browser)?.name) ?? scalarText(properties.browser),
    os: scalarText(objectOf(context.os)?.name) ?? scalarText(properties.os),
    country: countryCode(scalarText(country) ?? scalarText(properties.country)),
    locale: scalarText(context.locale) ?? scalarText(properties.locale),
    screen: screenSize(objectOf(context.screen)) ?? scalarText(properties.screen),
  };
}

const NO_MONEY = { revenue: undefined, currency: undefined };

/** Of a track call. A page or screen that shows a purchase is not one: sums would count the order twice. */
function money(type: EventType, event: string, properties: JsonObject | undefined) {
  if (properties === undefined) return NO_MONEY;
  const currency = scalarText(properties.currency);
  let revenue = type === 'track' ? amount(properties.revenue) : undefined;
  if (revenue === undefined && type === 'track' && PURCHASES.has(schemaFolder(event))) {
    revenue = amount(properties.total) ?? amount(properties.value);
  }
  return {
    revenue,
    currency: currency && /^[A-Za-z]{3}$/.test(currency) ? currency.toUpperCase() : undefined,
  };
}

function amount(value: unknown): number | undefined {
  const text = typeof value === 'boolean' ? undefined : scalarText(value)?.trim();
  if (text === undefined || !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  const number = Math.round(amount(value) ?? Number.NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}

function countryCode(country: string | undefined): string | undefined {
  return country?.length === 2 ? country.toUpperCase() : country;
}

function screenSize(screen: JsonObject | undefined): string | undefined {
  if (screen === undefined) return undefined;
  const [width, height] = [wholeNumber(screen.width), wholeNumber(screen.height)];
  return width !== undefined && height !== undefined ? `${width}x${height}` : undefined;
}

function consentText(consent: unknown): string | undefined {
  return scalarText(consent) ?? (isJsonObject(consent) ? JSON.stringify(consent) : undefined);
}

function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
