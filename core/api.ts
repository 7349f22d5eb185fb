import type { Balance, HourCounts, HourState } from './reconciliation.ts';

/** Question's range, half-open, in epoch ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** RFC 9457 problem document: the body of every error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong, the value got, and what is allowed. */
  readonly detail: string;
  readonly [extension: string]: unknown;
}

/** Questions about what visitors did, as they stand in the API's paths. */
export const QUESTIONS = ['funnels', 'totals'] as const;
export type QuestionName = (typeof QUESTIONS)[number];

/** Those, and the ones about what came in: all that stand under an app's path. */
export const ALL_QUESTIONS = [...QUESTIONS, 'dead-letters', 'reconciliation'] as const;

/** Most dimensions of one breakdown. */
export const MAX_BREAKDOWN_DIMENSIONS = 3;
/** Most combinations of breakdown values in one answer. */
export const MAX_BREAKDOWN_ROWS = 10_000;

/** What every answer says around its numbers. */
export interface AnswerEnvelope {
  readonly app: string;
  readonly question: QuestionName;
  /** The definition that was used, with every default spelled out. */
  readonly definition: object;
  readonly range: { readonly from: string; readonly to: string; readonly tz: string };
  /** ISO time: events received before it are in the numbers. Null before the first build. */
  readonly settled_until: string | null;
  readonly data_version: number;
  /** True where the numbers come from the cache: then nothing was scanned. */
  readonly cached: boolean;
  readonly bytes_scanned: number;
  /** Athena's price of the scan: 5 US dollars a TB, rounded up to a MB, at least 10 MB. */
  readonly cost_usd: number;
  /** Time from the question's arrival to its answer, in ms. */
  readonly query_ms: number;
}

/** One event of a totals answer. */
export interface EventTotal {
  readonly event: string;
  /** Events, or people where `count=people`. */
  readonly count: number;
  /** Share of the largest count, 0 to 1, 4 decimals. */
  readonly share: number;
  /** Loss from the event before: 0.5 where half are left, negative where there are more. Null for the first. */
  readonly drop_off: number | null;
}

/** Numbers of a totals answer. */
export interface TotalsAnswer {
  readonly events: readonly EventTotal[];
  /** The same for each combination of breakdown values; without a breakdown one group with no values. */
  readonly groups: readonly {
    readonly values: Readonly<Record<string, string | null>>;
    readonly events: readonly EventTotal[];
  }[];
  /** True where there are more combinations, or events, than an answer holds: the smallest are left out. */
  readonly truncated?: boolean;
}

/** How many dead letters there are. */
export interface DeadLetterCount {
  /** Those that were not sent again, or in vain. */
  readonly waiting: number;
  /** Those of the waiting that were sent again in vain: they count under their newest reason. */
  readonly failed_again: number;
  /** Those that were sent again and passed: they are events now, and nothing else lists them. */
  readonly redriven: number;
  /** Those that somebody settled without sending them. */
  readonly dismissed: number;
}

/** Dead letters that have a value in common; null where they have none, as a schema. */
export interface DeadLetterGroup extends DeadLetterCount {
  readonly value: string | null;
}

/** Counts of a dead-letters answer. */
export interface DeadLetterCounts extends DeadLetterCount {
  /** The largest first. */
  readonly by_code: readonly DeadLetterGroup[];
  readonly by_schema: readonly DeadLetterGroup[];
  readonly by_event: readonly DeadLetterGroup[];
  /** In order; days of the answer's time zone in which they were received. */
  readonly by_day: readonly DeadLetterGroup[];
  /** True where there are more groups than an answer holds. */
  readonly truncated?: boolean;
}

/** One dead letter that waits. */
export interface DeadLetterSample {
  readonly dead_letter_id: string;
  /** ISO time: when the server received the event. */
  readonly received_at: string;
  /** ISO time: when it was last sent again, in vain. */
  readonly redriven_at: string | null;
  /** The newest reason. */
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly schema: string | null;
  readonly message_id: string | null;
  readonly type: string | null;
  readonly event: string | null;
  /** At most 10,000 characters. */
  readonly payload: string;
  /** Characters of the whole payload. */
  readonly payload_length: number;
  /** Facts of the request, JSON text. */
  readonly request: string;
}

/** Answer of GET /v1/apps/{app}/dead-letters. */
export interface DeadLettersAnswer extends DeadLetterCounts {
  readonly app: string;
  readonly question: 'dead-letters';
  readonly definition: object;
  readonly range: { readonly from: string; readonly to: string; readonly tz: string };
  readonly bytes_scanned: number;
  readonly cost_usd: number;
  readonly query_ms: number;
  /** The newest first. */
  readonly samples: readonly DeadLetterSample[];
}

/** Answer of GET /v1/apps/{app}/reconciliation. */
export interface ReconciliationAnswer {
  readonly app: string;
  readonly question: 'reconciliation';
  readonly range: AnswerEnvelope['range'];
  /** ISO time: events received before it are in the facts. Null before the first build. */
  readonly settled_until: string | null;
  /** Over all hours of the answer. */
  readonly total: ReconciliationCounts;
  /** Hours of receipt that were counted, the oldest first. */
  readonly hours: readonly ReconciliationRow[];
}

/** Counts of an hour, or of all. received + redriven + surplus = stored + duplicate + refused + undelivered + declined + in_flight + missing */
export type ReconciliationCounts = Omit<HourCounts, 'refused_at_door'> & Balance;

/** One hour of receipt. */
export interface ReconciliationRow extends ReconciliationCounts {
  /** ISO time of its start, in the zone of the question. */
  readonly hour: string;
  readonly state: HourState;
  /** ISO time. */
  readonly checked_at: string;
}
