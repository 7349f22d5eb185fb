/** Calls of what a visitor does with a page, beside those of the Segment spec. The event has the call's name. */
export const INTERACTION_TYPES = ['click', 'url_change', 'element_time', 'stage_change'] as const;
export type InteractionType = (typeof INTERACTION_TYPES)[number];

/** Kinds of calls: those of the Segment spec, and interactions. */
export const EVENT_TYPES = [
  ...(['track', 'page', 'screen', 'identify', 'group', 'alias'] as const),
  ...INTERACTION_TYPES,
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Whether a call is one of what a visitor does with a page. */
export function isInteraction(type: EventType): type is InteractionType {
  return (INTERACTION_TYPES as readonly string[]).includes(type);
}

/**
 * One accepted event, flat: a field a column of ENVELOPE (core/columns.ts). A field that is absent is NULL in the lake.
 * `anonymous_key` and `user_key` are decimal strings here, because 63 bits do not fit a number; the record on the stream
 * carries them as JSON integers.
 */
export interface EventRecord {
  message_id: string;
  app_id: string;
  type: EventType;
  event: string;
  anonymous_id?: string;
  user_id?: string;
  previous_id?: string;
  group_id?: string;
  session_id?: string;
  event_at: number;
  received_at: number;
  sent_at?: number;
  url?: string;
  path?: string;
  referrer?: string;
  title?: string;
  search?: string;
  channel?: string;
  source?: string;
  medium?: string;
  campaign?: string;
  term?: string;
  content?: string;
  device?: string;
  browser?: string;
  os?: string;
  country?: string;
  locale?: string;
  screen?: string;
  is_bot: boolean;
  elapsed_ms?: number;
  target?: string;
  revenue?: number;
  currency?: string;
  properties?: string;
  traits?: string;
  schema?: string;
  consent?: string;
  anonymous_key?: string;
  user_key?: string;
  /** Where event_at was corrected by the client's clock: received_at - sent_at. */
  clock_skew_ms?: number;
}

/** Why an event was refused. A closed list: it is a column that people group by. */
export const REFUSAL_CODES = [
  'invalid_json',
  'invalid_request',
  'invalid_event',
  'schema_violation',
  'unknown_event',
  'missing_id',
  'event_too_large',
  'too_many_events',
  'request_too_large',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * Why an event is a dead letter: it was refused at the door, or it was accepted and then not converted by Firehose, or given
 * up by a consumer of the stream. A closed list: it is a column that people group by.
 */
export const DEAD_LETTER_CODES = [
  ...REFUSAL_CODES,
  'conversion_failed',
  'consumer_gave_up',
] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

/** One dead letter, as it lies in the dead-letter bucket: one JSON line. */
export interface DeadLetter {
  dead_letter_id: string;
  /** Id of the letter of a whole batch that this call was a part of; that one is settled. It is no refusal of its own at the door. */
  part_of?: string;
  /** Epoch ms: when the server received the event. */
  received_at: number;
  /** Empty where an accepted record that could not be read names none. */
  app_id: string;
  code: DeadLetterCode;
  /** JSON pointer into the event to what is wrong; empty for the whole. */
  pointer: string;
  message: string;
  /** The schema that it was checked against, as purchase/1-0-2. */
  schema?: string;
  message_id?: string;
  type?: string;
  event?: string;
  /**
   * The refused event as it came, JSON text (or the body's text where it is no JSON); of an accepted event the line as the
   * stream carried it.
   */
  payload: string;
  /** Facts of the request: method, path, user agent, library. Of an accepted event: where it was found. JSON text. */
  request: string;
}

/** What became of a dead letter that was sent again or dismissed, as it lies in the dead-letter bucket: one JSON line. */
export interface Redriven {
  dead_letter_id: string;
  /** Epoch ms. */
  redriven_at: number;
  app_id: string;
  /**
   * `passed`: its events are on the stream. `failed`: it is refused again, for the reason that stands here. `dismissed`: somebody
   * settled it without sending it; `message` says why, the rest is its newest reason.
   */
  outcome: 'passed' | 'failed' | 'dismissed';
  /** `passed`: how many events were put on the stream. */
  events?: number;
  code?: DeadLetterCode;
  pointer?: string;
  message?: string;
  schema?: string;
}
