import type { Validator } from '#validators';
import type { Takes } from '../../core/collect-routes.ts';
import { EVENT_TYPES, type EventType, isInteraction } from '../../core/event.ts';
import { interactionFolder } from '../../core/schema-folder.ts';
import type { Sender } from './authenticate.ts';
import { channelRulesOf } from './enrich/channel-rules.ts';
import type { JsonObject } from './envelope.ts';
import { isJsonObject, parseExactly, scalarText } from './json.ts';
import { checkKeys } from './keys.ts';
import { MAX_DEPTH, MAX_EVENT_BYTES } from './limits.ts';
import { type EventFacts, eventName, type Line, mapEvent } from './map.ts';
import type { Redactors } from './privacy/redactors.ts';
import { RefusedError, shown, violationRefusal } from './refusal.ts';
import { checkProperties, type SchemaRegistry, schemaFolder, schemaNamed } from './schema.ts';
import type { IncomingCall } from './split.ts';
import { visitorCall } from './visitor/visitor-call.ts';
import type { Visit } from './visitor/visits.ts';

/** What the calls of a request are checked against and mapped with. */
export interface CallRules {
  readonly takes: Takes;
  readonly envelopes: Readonly<Record<EventType, Validator>>;
  readonly schemas: SchemaRegistry;
  readonly redactors: Redactors;
  /** Of the batch: each call's own context wins. */
  readonly context?: JsonObject;
  readonly facts: Omit<
    EventFacts,
    'type' | 'appId' | 'kind' | 'channelRules' | 'schema' | 'visit' | 'statedUserAgent'
  >;
}

const TYPES: readonly string[] = EVENT_TYPES;
/** Calls whose properties no schema describes. */
const UNDESCRIBED: readonly EventType[] = ['identify', 'group', 'alias'];

/**
 * Checks one call and makes its line, of what may be stored of its visitor.
 * @throws RefusedError with the first thing that is wrong.
 */
export function lineOf(
  call: IncomingCall,
  { app, kind }: Sender,
  rules: CallRules,
  visit: Visit,
): Line {
  if (call.refusal) throw new RefusedError(call.refusal);
  checkSize(call);
  if (!isJsonObject(call.value)) {
    throw invalid('', `the event is ${shown(call.value)}: an object is needed`);
  }
  checkKeys(call.value, call.text, call);
  const type = typeOf(rules.takes, call.value.type);
  const parsed = parseExactly(call.text, call.value, call);
  const value = parsed.value as JsonObject;
  const validate = rules.envelopes[type];
  if (!validate(value)) {
    const violation = validate.errors?.[0];
    if (violation === undefined) throw new Error(`the envelope of ${type} fails without an error`);
    throw new RefusedError(
      violationRefusal(violation, { root: value, at: '', code: 'invalid_event' }),
    );
  }
  const schema = checkSchema(type, value, app.unknownEvents, rules.schemas);
  const whole = withContext(parsed.exact as JsonObject, rules.context);
  const stored = rules.redactors
    .of(app.id)
    .call(visitorCall(whole, visit), call.text, rules.context);
  const { facts } = rules;
  return mapEvent(stored, {
    receivedAt: facts.receivedAt,
    sentAt: facts.sentAt,
    personKeys: facts.personKeys,
    visitor: facts.visitor,
    newId: facts.newId,
    visit,
    statedUserAgent: isJsonObject(whole.context) ? scalarText(whole.context.userAgent) : undefined,
    type,
    appId: app.id,
    kind,
    channelRules: channelRulesOf(app),
    schema,
  });
}

function checkSize({ text, depth }: IncomingCall): void {
  if (text.length * 3 > MAX_EVENT_BYTES) {
    const bytes = Buffer.byteLength(text.trim());
    if (bytes > MAX_EVENT_BYTES) {
      throw new RefusedError({
        code: 'event_too_large',
        pointer: '',
        message: `the event has ${bytes} bytes of JSON: at most ${MAX_EVENT_BYTES} are allowed`,
      });
    }
  }
  if (depth > MAX_DEPTH) {
    throw invalid('', `the event is nested ${depth} levels deep: at most ${MAX_DEPTH} are allowed`);
  }
}

/** The type of a call: the path says it, in a batch the call itself. */
function typeOf(takes: Takes, type: unknown): EventType {
  if (takes !== 'batch') {
    if (type === undefined || type === null || type === takes) return takes;
    throw invalid('/type', `/type is ${shown(type)}: the path takes ${takes} calls only`);
  }
  if (typeof type === 'string' && TYPES.includes(type)) return type as EventType;
  throw invalid('/type', `/type is ${shown(type)}: one of ${TYPES.join(', ')} is needed`);
}

/** Checks the properties against the event's schema, where it has one. Gives the schema's name. */
function checkSchema(
  type: EventType,
  call: JsonObject,
  unknownEvents: 'accept' | 'refuse',
  schemas: SchemaRegistry,
): string | undefined {
  if (UNDESCRIBED.includes(type)) return undefined;
  const context = isJsonObject(call.context) ? call.context : undefined;
  const event = eventName(type, call);
  const folder = isInteraction(type) ? interactionFolder(type) : schemaFolder(event);
  const named =
    schemaNamed(call.schema) ??
    schemaNamed(context?.schema) ??
    schemas.namedByIglu(folder, context?.schema);
  const schema = schemas.choose(folder, named);
  if (schema !== undefined) {
    checkProperties(schema, call.properties ?? {});
    return schema.name;
  }
  if (type === 'track' && unknownEvents === 'refuse') {
    throw new RefusedError({
      code: 'unknown_event',
      pointer: '/event',
      message: `/event is ${shown(event)}: it has no schema, and this app takes events with a schema only`,
    });
  }
  return undefined;
}

function withContext(call: JsonObject, context: JsonObject | undefined): JsonObject {
  if (context === undefined) return call;
  const own = isJsonObject(call.context) ? call.context : undefined;
  return { ...call, context: { ...context, ...own } };
}

function invalid(pointer: string, message: string): RefusedError {
  return new RefusedError({ code: 'invalid_event', pointer, message });
}
