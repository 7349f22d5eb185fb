import { addDays } from '../../core/arrival-hours.ts';
import type { Partition } from '../../core/layout.ts';
import { attemptDaysOfMonth, monthStart } from '../../core/sql/funnels.ts';
import { eventsInputs, isSameInputs, rowsByHour, shortHash } from './inputs.ts';
import { type Lease, type PartitionRecord, partitionKey, type Touch } from './records.ts';

/** What an app's partitions are built by: hashes of the statements and definitions. */
export interface AppDefinitions {
  readonly id: string;
  readonly eventsHash: string;
  readonly dedupWindowDays: number;
  readonly funnels: readonly {
    readonly name: string;
    readonly stepsHash: string;
    readonly attemptsHash: string;
    /** Null where the funnel's months are not kept. */
    readonly monthsHash: string | null;
    /** Days after its own whose funnel_steps a partition of funnel_attempts reads. */
    readonly windowDays: number;
    /** Steps that ask for a person's first event read the events of all days before, too. */
    readonly remembers: boolean;
  }[];
}

/** What the registry (and, for a full run, the catalog) knows of an app. */
export interface AppState {
  readonly touches: readonly Touch[];
  readonly partitions: readonly PartitionRecord[];
  /** Keys of partitions whose location in the catalog is not the published run's. */
  readonly misplaced: ReadonlySet<string>;
}

/** Range of event days to build again whatever their state, half-open. */
export interface Backfill {
  readonly app_id: string;
  /** YYYY-MM-DD */
  readonly from: string;
  /** YYYY-MM-DD */
  readonly to: string;
}

/** The run that asks. */
export interface Asker {
  /** Epoch ms. */
  readonly now: number;
  readonly execution: string;
  readonly backfill?: Backfill;
  /** Looks at the whole dedup window and at who identified since, too. */
  readonly full: boolean;
  /** Executions that hold leases and have ended without giving them back. */
  readonly ended?: ReadonlySet<string>;
  /** Arrival hours before it may have expired: what they fed cannot be built again. */
  readonly rawKeptFrom?: string;
}

/**
 * Where a partition stands. `current`: nothing to do. `due`: stale, and all that it reads is current. `waiting`: something
 * that it reads is not current. `leased`: another execution builds it. `failed`: it failed in this execution. `frozen`:
 * stale, but raw events of it have expired, so what is published stays.
 */
export type Status = 'current' | 'due' | 'waiting' | 'leased' | 'failed' | 'frozen';

/** One partition, where it stands and what it would be built from. */
export interface Assessment {
  readonly partition: Partition;
  readonly status: Status;
  readonly sqlHash: string;
  readonly inputs: string;
  /** Run of an ended execution that holds the partition still, and may be taken over. */
  readonly takesOver?: string;
}

/** Builds of one partition in one execution: a fuse against an endless loop of statements that cost money. */
const MAX_BUILDS_PER_EXECUTION = 3;

/**
 * Where every partition of an app stands: of the event days that raw events touch, and of the configured funnels. Partitions
 * of funnels that are no longer configured are left as they are. Pure.
 */
export function assess(app: AppDefinitions, state: AppState, asker: Asker): Assessment[] {
  const records = new Map(state.partitions.map((record) => [partitionKey(record), record]));
  const touchesByDay = Map.groupBy(state.touches, (touch) => touch.event_date);
  const hours = rowsByHour(state.touches);
  const days = [...touchesByDay.keys()].sort();
  const judge = (partition: Partition, sqlHash: string, inputs: string | undefined): Assessment => {
    const key = partitionKey(partition);
    const record = records.get(key);
    const isForced = isBackfilled(partition, asker) || state.misplaced.has(key);
    const status = statusOf(record, { sqlHash, inputs, isForced }, asker);
    const isTakenOver = status === 'due' && isHeld(record?.lease, asker.now);
    return {
      partition,
      status,
      sqlHash,
      inputs: inputs ?? '',
      ...(isTakenOver ? { takesOver: record?.lease?.run_id ?? '' } : {}),
    };
  };

  const events = days.map((event_date) => {
    const touches = touchesByDay.get(event_date)!;
    const inputs = eventsInputs(event_date, touches, hours, app.dedupWindowDays);
    const partition: Partition = { table: 'events', app_id: app.id, event_date };
    return frozen(judge(partition, app.eventsHash, inputs), touches, records, asker);
  });
  const facts = app.funnels.flatMap((funnel) => {
    const of = (table: Partition['table'], event_date: string): Partition => ({
      table,
      app_id: app.id,
      funnel: funnel.name,
      event_date,
    });
    const inputs = funnel.remembers ? historyRuns(events, records) : ownRuns(events, records);
    const steps = events.map(({ partition: { event_date } }, i) =>
      judge(of('funnel_steps', event_date), funnel.stepsHash, inputs[i]),
    );
    const stepsByDay = new Map(steps.map((step) => [step.partition.event_date, step]));
    const attempts = days.map((day) => {
      const inputs = stepRuns(day, funnel.windowDays, stepsByDay, records);
      return judge(of('funnel_attempts', day), funnel.attemptsHash, inputs);
    });
    const { monthsHash } = funnel;
    if (monthsHash === null) return [...steps, ...attempts];
    const months = [...new Set(days.map(monthStart))].map((month) =>
      judge(of('funnel_months', month), monthsHash, attemptRuns(month, attempts, records)),
    );
    return [...steps, ...attempts, ...months];
  });
  return [...events, ...facts];
}

/** A run that stands for good as far as this execution knows; undefined where it is yet to be replaced. */
function runOf({ partition, status }: Assessment, records: Records): string | undefined {
  if (status !== 'current' && status !== 'frozen') return undefined;
  return records.get(partitionKey(partition))?.run_id;
}

type Records = ReadonlyMap<string, PartitionRecord>;

/** For each day the run of its events. */
function ownRuns(events: readonly Assessment[], records: Records): (string | undefined)[] {
  return events.map((event) => runOf(event, records));
}

/** For each day a version of its events and of all days before, which come in order. */
function historyRuns(events: readonly Assessment[], records: Records): (string | undefined)[] {
  let before: string | undefined = '';
  return events.map((event) => {
    const run = runOf(event, records);
    before = before === undefined || run === undefined ? undefined : shortHash(`${before} ${run}`);
    return before;
  });
}

function stepRuns(
  day: string,
  windowDays: number,
  stepsByDay: ReadonlyMap<string, Assessment>,
  records: Records,
): string | undefined {
  const runs: string[] = [];
  for (let n = 0; n <= windowDays; n++) {
    const steps = stepsByDay.get(addDays(day, n));
    if (steps === undefined) continue;
    const run = runOf(steps, records);
    if (run === undefined) return undefined;
    runs.push(`${steps.partition.event_date}=${run}`);
  }
  return shortHash(runs);
}

/** A version of the attempts that a month's partition is made of; undefined where one of them is yet to be replaced. */
function attemptRuns(
  month: string,
  attempts: readonly Assessment[],
  records: Records,
): string | undefined {
  const { first, last } = attemptDaysOfMonth(month);
  const runs: string[] = [];
  for (const day of attempts) {
    const { event_date } = day.partition;
    if (event_date < first || event_date > last) continue;
    const run = runOf(day, records);
    if (run === undefined) return undefined;
    runs.push(`${event_date}=${run}`);
  }
  return shortHash(runs);
}

interface Wanted {
  readonly sqlHash: string;
  /** Undefined where an input is not current. */
  readonly inputs: string | undefined;
  readonly isForced: boolean;
}

function statusOf(record: PartitionRecord | undefined, wanted: Wanted, asker: Asker): Status {
  const { lease, failure } = record ?? {};
  if (failure?.execution === asker.execution) return 'failed';
  if (lease !== undefined && isHeld(lease, asker.now) && !isGivenUp(lease, asker)) {
    // No task of this execution runs while it plans: a lease that it still holds is one that nobody gave back.
    return lease.execution === asker.execution ? 'failed' : 'leased';
  }
  if (wanted.inputs === undefined) return 'waiting';
  const wasBuiltNow = record?.run_id !== undefined && record.execution === asker.execution;
  const isStale =
    record?.run_id === undefined ||
    lease !== undefined ||
    failure !== undefined ||
    record.sql_hash !== wanted.sqlHash ||
    !isSameInputs(record.inputs_version ?? '', wanted.inputs, asker.full) ||
    (wanted.isForced && !wasBuiltNow);
  if (!isStale) return 'current';
  // A partition that never comes to rest is left to another execution.
  const builds = record?.history.filter(
    ({ state, execution }) => state === 'published' && execution === asker.execution,
  );
  return (builds?.length ?? 0) >= MAX_BUILDS_PER_EXECUTION ? 'leased' : 'due';
}

function isHeld(lease: Lease | undefined, now: number): boolean {
  return lease !== undefined && lease.until > now;
}

/** A swap may still be under way in a function that the end of its execution did not stop. */
function isGivenUp(lease: Lease, { ended }: Asker): boolean {
  return ended?.has(lease.execution) === true && lease.swapping !== true;
}

function frozen(
  assessment: Assessment,
  touches: readonly Touch[],
  records: Records,
  { rawKeptFrom }: Asker,
): Assessment {
  const isPublished = records.get(partitionKey(assessment.partition))?.run_id !== undefined;
  const hasExpired =
    rawKeptFrom !== undefined && touches.some(({ hour, rows }) => rows > 0 && hour < rawKeptFrom);
  if (assessment.status !== 'due' || !isPublished || !hasExpired) return assessment;
  return { ...assessment, status: 'frozen' };
}

function isBackfilled({ app_id, event_date }: Partition, { backfill }: Asker): boolean {
  return (
    backfill !== undefined &&
    backfill.app_id === app_id &&
    event_date >= backfill.from &&
    event_date < backfill.to
  );
}
