/** Column types as Glue, Athena and Firehose's Parquet conversion know them. */
export type ColumnType = 'string' | 'bigint' | 'double' | 'boolean' | 'int';

/** One column of a table of the lake. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** What it means, with its unit. Stands in the Glue catalog. */
  readonly comment: string;
}

/**
 * The event's envelope: what the stream carries and raw_events stores. Times are bigint epoch milliseconds, because
 * Firehose's JSON reader guesses the unit of timestamps. Free-form properties are one JSON string each, never a map from
 * user input (the reader is case-insensitive, and keys that differ by case would lose the record).
 */
export const ENVELOPE: readonly Column[] = [
  {
    name: 'message_id',
    type: 'string',
    comment: 'deduplication key; made by the server where the client sends none',
  },
  { name: 'app_id', type: 'string', comment: 'tenant, from the write key' },
  {
    name: 'type',
    type: 'string',
    comment:
      'track, page, screen, identify, group or alias; click, url_change, element_time or stage_change',
  },
  {
    name: 'event',
    type: 'string',
    comment:
      "the event's name; the call's type for other calls than track, and for page and screen where no name is given",
  },
  { name: 'anonymous_id', type: 'string', comment: "the device's id" },
  { name: 'user_id', type: 'string', comment: "the user's id in the app" },
  { name: 'previous_id', type: 'string', comment: 'alias: the id that user_id replaces' },
  { name: 'group_id', type: 'string', comment: 'account or organisation' },
  { name: 'session_id', type: 'string', comment: 'session, as the client names it' },
  {
    name: 'event_at',
    type: 'bigint',
    comment: "epoch ms: when it happened, corrected for the client's clock and clamped",
  },
  { name: 'received_at', type: 'bigint', comment: 'epoch ms: when the server received it' },
  {
    name: 'sent_at',
    type: 'bigint',
    comment: "epoch ms: when the client sent it, by the client's clock",
  },
  { name: 'url', type: 'string', comment: 'page: full URL' },
  { name: 'path', type: 'string', comment: 'page: path' },
  { name: 'referrer', type: 'string', comment: 'page: referrer' },
  { name: 'title', type: 'string', comment: 'page: title' },
  { name: 'search', type: 'string', comment: 'page: query string' },
  {
    name: 'channel',
    type: 'string',
    comment: 'acquisition channel: search, paid_search, social, email, referral, direct, …',
  },
  { name: 'source', type: 'string', comment: 'campaign source' },
  { name: 'medium', type: 'string', comment: 'campaign medium' },
  { name: 'campaign', type: 'string', comment: 'campaign name' },
  { name: 'term', type: 'string', comment: 'campaign term' },
  { name: 'content', type: 'string', comment: 'campaign content' },
  { name: 'device', type: 'string', comment: 'device class' },
  { name: 'browser', type: 'string', comment: 'browser family' },
  { name: 'os', type: 'string', comment: 'operating system' },
  { name: 'country', type: 'string', comment: 'country, ISO 3166-1 alpha-2' },
  { name: 'locale', type: 'string', comment: 'BCP 47 language tag' },
  { name: 'screen', type: 'string', comment: 'screen size, WIDTHxHEIGHT in CSS pixels' },
  { name: 'is_bot', type: 'boolean', comment: 'known bot; kept, left out of answers by default' },
  {
    name: 'elapsed_ms',
    type: 'bigint',
    comment: 'ms: on an element, the page or the stage left, or since the last click',
  },
  { name: 'target', type: 'string', comment: "the element's selector or XPath" },
  { name: 'revenue', type: 'double', comment: 'revenue, in units of currency' },
  { name: 'currency', type: 'string', comment: 'ISO 4217' },
  {
    name: 'properties',
    type: 'string',
    comment: 'everything else that the client sent, one JSON object',
  },
  { name: 'traits', type: 'string', comment: 'traits of the user or group, one JSON object' },
  { name: 'schema', type: 'string', comment: 'the schema that it passed, as purchase/1-0-2' },
  { name: 'consent', type: 'string', comment: 'what the visitor allowed' },
  { name: 'anonymous_key', type: 'bigint', comment: '63-bit hash of app_id and anonymous_id' },
  { name: 'user_key', type: 'bigint', comment: '63-bit hash of app_id and user_id' },
  // New columns come last: partitions that were registered before keep their own list of columns.
  {
    name: 'clock_skew_ms',
    type: 'bigint',
    comment:
      "received_at - sent_at, where it moved event_at: how far the client's clock is behind, with the way's time",
  },
];

/** Columns of the envelope that facts carry, so that answers can be filtered and broken down by them. */
export const STANDARD_DIMENSIONS = [
  'channel',
  'source',
  'medium',
  'campaign',
  'device',
  'browser',
  'os',
  'country',
  'locale',
] as const;

/** Key columns of `events` beside the envelope. */
export const PERSON_KEY: Column = {
  name: 'person_key',
  type: 'bigint',
  comment:
    'the person: user_key where the event names a user, else the user_key that its anonymous_key was first seen with, else anonymous_key',
};

/** Names of the tables of the lake. */
export const TABLES = {
  raw: 'raw_events',
  events: 'events',
  steps: 'funnel_steps',
  attempts: 'funnel_attempts',
  months: 'funnel_months',
  deadLetters: 'dead_letters',
  redrives: 'redrives',
} as const;

/** A table that a build makes, partition by partition. */
export type BuiltTable = 'events' | 'funnel_steps' | 'funnel_attempts' | 'funnel_months';
