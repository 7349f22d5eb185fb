import type { BuiltTable } from '../../core/columns.ts';
import { type Partition, partitionValues } from '../../core/layout.ts';

/** What the registry knows of one arrival hour of raw_events: item RAW, HOUR#<hour>. Times are epoch ms. */
export interface HourRecord {
  /** As 2026-11-21T19. */
  readonly hour: string;
  /** Hash of the hour's object names and sizes when they were last listed. */
  readonly listed_version: string;
  readonly listed_at: number;
  readonly objects: number;
  readonly bytes: number;
  /** The listed version whose rows were counted last. */
  readonly scanned_version?: string;
  readonly scanned_at?: number;
  /** Rows that are no events: without message_id, app_id or a sane event_at. They stay in raw_events only. */
  readonly not_events?: number;
}

/** Rows of one arrival hour that fall on one event day of an app: item APP#<app>, TOUCH#<event date>#<hour>. */
export interface Touch {
  readonly event_date: string;
  readonly hour: string;
  readonly rows: number;
  /** Of these, rows that name a device and a user. Absent where the hour was scanned before they were counted. */
  readonly identities?: number;
}

/** Right to build a partition, for a time. Whoever holds the newest one may publish. */
export interface Lease {
  readonly run_id: string;
  /** Epoch ms; afterwards another run may take it over. */
  readonly until: number;
  readonly execution: string;
  /** The run has begun its swap: nobody may take over before `until`, even if the execution has ended. */
  readonly swapping?: boolean;
  /** What the run is built from, as planned. Becomes the partition's when it is published. */
  readonly sql_hash: string;
  readonly inputs_version: string;
}

/** One change of state. */
export interface HistoryEntry {
  readonly state: 'claimed' | 'published' | 'failed' | 'suspect';
  /** Epoch ms. */
  readonly at: number;
  readonly run_id: string;
  readonly execution: string;
  readonly cause?: string;
}

/** A run whose files are no longer needed once no query reads them. */
export interface RetiredRun {
  readonly run_id: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What the registry knows of one partition of a built table: item APP#<app>, PARTITION#<table>#[<funnel>#]<event date>. */
export interface PartitionRecord {
  readonly table: BuiltTable;
  readonly app_id: string;
  readonly funnel?: string;
  readonly event_date: string;
  /** Grows by one with every write: the condition of the next one. */
  readonly revision: number;
  readonly state: HistoryEntry['state'];
  /** The published run, and what it was built from. Absent until the first one is published. */
  readonly run_id?: string;
  readonly location?: string;
  readonly sql_hash?: string;
  readonly inputs_version?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly published_at?: number;
  /** Execution that published it. */
  readonly execution?: string;
  readonly lease?: Lease;
  /** The last run's failure. Gone with the next publication; as long as it stands, the partition is built again. */
  readonly failure?: { readonly execution: string; readonly cause: string; readonly at: number };
  /** The last 20 changes of state, the newest last. */
  readonly history: readonly HistoryEntry[];
  /** Replaced runs and runs that were never published. */
  readonly retired: readonly RetiredRun[];
}

const HISTORY_LENGTH = 20;
/** Characters of a cause in the history; the failure itself has more. */
const CAUSE_LENGTH = 200;

/** Partition of a record. */
export function partitionOf(record: Partition): Partition {
  const { table, app_id, funnel, event_date } = record;
  return funnel === undefined
    ? { table, app_id, event_date }
    : { table, app_id, funnel, event_date };
}

/** Sort key of a partition's item; unique within its app. */
export function partitionKey(partition: Partition): string {
  return ['PARTITION', partition.table, ...partitionValues(partition).slice(1)].join('#');
}

/** The record of a partition that was never built. */
export function newRecord(partition: Partition): PartitionRecord {
  return { ...partitionOf(partition), revision: 0, state: 'claimed', history: [], retired: [] };
}

/** The record after a change of state, with its entry in the history. */
export function withState(
  record: PartitionRecord,
  entry: HistoryEntry,
  change: Partial<PartitionRecord>,
): PartitionRecord {
  const { cause, ...rest } = entry;
  const short = cause === undefined ? rest : { ...rest, cause: cause.slice(0, CAUSE_LENGTH) };
  const history = [...record.history, short].slice(-HISTORY_LENGTH);
  return { ...record, ...change, state: entry.state, history };
}

/** The record without its lease. The run that held it is retired unless it was published. */
export function withoutLease(record: PartitionRecord, at: number): PartitionRecord {
  const { lease, ...rest } = record;
  if (lease === undefined || lease.run_id === record.run_id) return rest;
  return { ...rest, retired: [...record.retired, { run_id: lease.run_id, at }] };
}
