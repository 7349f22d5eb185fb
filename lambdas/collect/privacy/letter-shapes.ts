import type { JsonObject } from '../envelope.ts';

/** All members of a webhook as dead letters keep it: of RudderStack's, and of Snowplow's. */
const HOOKS = [
  new Set(['method', 'message_id', 'query_parameters', 'payload']),
  new Set(['parameters', 'platform', 'data']),
];
/** All members of a Snowplow tracker's payload. */
const PAYLOAD = new Set(['schema', 'data']);

/** Whether it is an event as Snowplow's trackers send it, which only dead letters keep: `e` is its kind. */
export function isTrackerEvent(object: JsonObject): boolean {
  return typeof object.e === 'string' && object.type === undefined;
}

/** Whether it is a webhook, which only dead letters keep. */
export function isHook(object: JsonObject): boolean {
  const isNamed = Object.hasOwn(object, 'payload') || Object.hasOwn(object, 'parameters');
  return isNamed && HOOKS.some((names) => Object.keys(object).every((key) => names.has(key)));
}

/** Whether it is a payload of a tracker's events, which only dead letters keep: those of one that is refused whole. */
export function isPayload(object: JsonObject): boolean {
  return Object.hasOwn(object, 'data') && Object.keys(object).every((key) => PAYLOAD.has(key));
}
