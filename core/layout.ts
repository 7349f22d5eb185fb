import type { BuiltTable } from './columns.ts';

/** Prefixes of the lake bucket. */
export const PREFIX = {
  raw: 'raw/',
  tables: 'tables/',
  /** Accepted events that the stream did not take: JSON lines, sent again by refill. */
  fallback: 'fallback/',
  /** Records that Firehose could not convert. */
  errors: 'errors/',
} as const;

/** Prefix of the fallback objects of dead letters, which their delivery stream did not take; those of events lie beside it, by day. */
export const DEAD_LETTER_FALLBACK = `${PREFIX.fallback}dead-letters/`;

/** Prefix of dead letters in their bucket. */
export const DEAD_LETTER_PREFIX = 'dead-letters/';

/**
 * What the names of objects begin with, under a day of dead letters, that hold the refused calls of a batch's letter; the letter's id
 * follows. Sorts before all other names there: a redrive that makes such an object does not meet it.
 */
export const REFUSED_CALLS_NAME = '0-calls-of-';

/** Prefix, in the bucket of dead letters, of what became of those that were sent again; by the day of the letter's object. */
export const REDRIVE_PREFIX = 'redrives/';

/**
 * Prefix, in the bucket of dead letters, of batches that a consumer of the stream gave up. Lambda chooses it for a bucket that is
 * an event source mapping's destination on failure.
 */
export const FAILED_BATCH_PREFIX = 'aws/lambda/';

/** Firehose's prefix expression of raw_events: UTC arrival of the oldest record in the object. */
export const RAW_PREFIX_EXPRESSION = `${PREFIX.raw}dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/`;

/** One partition of a built table. */
export interface Partition {
  readonly table: BuiltTable;
  readonly app_id: string;
  /** Set for the facts of a funnel. */
  readonly funnel?: string;
  /** UTC day, YYYY-MM-DD; of funnel_months the month's first. */
  readonly event_date: string;
}

/** Values of the partition's keys, in the order of the Glue table. */
export function partitionValues(partition: Partition): string[] {
  const { app_id, funnel, event_date } = partition;
  return funnel === undefined ? [app_id, event_date] : [app_id, funnel, event_date];
}

/** Prefix under which all runs of a partition lie, with a trailing slash. */
export function partitionPrefix(partition: Partition): string {
  const funnel = partition.funnel === undefined ? '' : `funnel=${partition.funnel}/`;
  return `${PREFIX.tables}${partition.table}/app_id=${partition.app_id}/${funnel}event_date=${partition.event_date}/`;
}

/** Prefix of one run of a partition, with a trailing slash: what a build writes and a swap points at. */
export function runPrefix(partition: Partition, runId: string): string {
  return `${partitionPrefix(partition)}run=${runId}/`;
}

/** Name of the temporary table whose CTAS makes a run. */
export function temporaryTable(partition: Partition, runId: string): string {
  return `tmp_${partition.table}_${runId}`;
}

/** Run id: UTC second and 8 hex digits, as 20261121t192152_ab12cd34. Sorts by time and is valid in a table name. */
export function makeRunId(now: Date, random: string): string {
  if (!/^[0-9a-f]{8}$/.test(random)) throw new Error(`random must be 8 hex digits, got ${random}`);
  const second = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `${second}_${random}`;
}
