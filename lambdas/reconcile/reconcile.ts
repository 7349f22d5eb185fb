import { addHours, hourMs, hourOf } from '../../core/arrival-hours.ts';
import {
  balanceOf,
  type HourState,
  NO_COUNTS,
  type ReconciledHour,
} from '../../core/reconciliation.ts';
import type { Sql } from '../../core/sql/quote.ts';
import type { StatementResult } from '../runtime/athena.ts';
import { type DoorCounts, type DoorHours, NO_DOOR_COUNTS } from './door.ts';
import type { LineCounts } from './door-lines.ts';
import { countLake, keyOf, type LakeHours, NO_LAKE_COUNTS } from './lake.ts';
import type { ReconciledHours } from './registry.ts';

/** What reconcile works with. */
export interface ReconcileContext {
  readonly apps: readonly string[];
  readonly dedupWindowDays: number;
  readonly hours: ReconciledHours;
  /** What was counted at the door in a range of whole hours, by app. */
  readonly door: (range: { from: number; to: number }) => Promise<ReadonlyMap<string, DoorHours>>;
  /** The same by the lines of the door's log, exact and dearer. */
  readonly doorLines: (range: {
    from: number;
    to: number;
  }) => Promise<ReadonlyMap<string, ReadonlyMap<string, LineCounts>>>;
  /** Times (epoch ms) at which dead letters were put aside that wait for their delivery stream. */
  readonly waitingLetters: () => Promise<readonly number[]>;
  /** Runs a statement over the lake. */
  readonly run: (statement: Sql) => Promise<StatementResult>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** What the last days of an app come to. */
export interface AppSummary {
  readonly app: string;
  readonly missing: number;
  readonly in_flight: number;
  readonly surplus: number;
  readonly duplicate: number;
}

/** What a run did. */
export interface Reconciled {
  /** Hours of apps that were counted in this run. */
  readonly counted: number;
  /** Of the last three days. */
  readonly apps: readonly AppSummary[];
}

const HOUR_MS = 3_600_000;
/** Hours back that are counted as long as they are open: CloudWatch takes no metrics older than two weeks. */
const OPEN_HOURS = 14 * 24;
/** Hours back that are counted again where something is missing, and that the summary is of. */
const RECENT_HOURS = 3 * 24;
/** After the end of an hour CloudWatch may still lack counts of it. */
const DOOR_LAG_MS = 20 * 60_000;
/** A dead letter is put aside within the request's time. */
const REQUEST_MS = 60_000;

/** An app's hour that is to be counted. */
interface Due {
  readonly app: string;
  readonly hour: string;
  readonly door: DoorCounts;
  /** As of ReconciledHour. */
  readonly door_metrics: string;
  readonly state: HourState;
  /** As of ReconciledHour. */
  readonly redriven_until?: number;
}

/**
 * Counts the hours of receipt that may have changed since they were counted: open ones, those that lack something, those
 * whose counts at the door are others. Where nothing came, nothing is asked of Athena.
 */
export async function reconcile(context: ReconcileContext): Promise<Reconciled> {
  const now = context.now();
  const first = addHours(hourOf(now), -OPEN_HOURS);
  const [door, arrivals, waiting] = await Promise.all([
    context.door({ from: hourMs(first), to: hourMs(hourOf(now)) + HOUR_MS }),
    context.hours.arrivalHours(first),
    context.waitingLetters(),
  ]);
  const known = new Map<string, Map<string, ReconciledHour>>();
  const due: Due[] = [];
  for (const app of context.apps) {
    const before = await context.hours.from(app, first);
    const byHour = new Map(before.map((hour) => [hour.hour, hour]));
    known.set(app, byHour);
    const settledUntil = await context.hours.settledUntil(app);
    const stateOf = (hour: string, redrivenUntil = 0): HourState =>
      stateAt(hour, { now, settledUntil, redrivenUntil, waiting });
    due.push(
      ...dueHours(app, { door: door.get(app) ?? new Map(), byHour, arrivals, now, stateOf }),
    );
  }
  const lake = await countDue(due, context);
  const open = due.map((one) => {
    const { redriven } = lake.get(keyOf(one.app, one.hour)) ?? NO_LAKE_COUNTS;
    const before = known.get(one.app)?.get(one.hour)?.redriven ?? 0;
    return redriven > before ? openAgain(one, now) : one;
  });
  const sure = await withLines(open, lake, context);
  const counted = sure.map((one) => ({ app: one.app, ...resultOf(one, lake, now) }));
  for (const app of context.apps) {
    const own = counted.filter((one) => one.app === app).map(({ app: _app, ...hour }) => hour);
    await context.hours.put(app, own);
    for (const hour of own) {
      known.get(app)?.set(hour.hour, hour);
      warnOf(app, hour, context);
    }
  }
  const recent = addHours(hourOf(now), -RECENT_HOURS);
  const apps = context.apps.map((app) =>
    summaryOf(
      app,
      [...(known.get(app)?.values() ?? [])].filter(({ hour }) => hour >= recent),
    ),
  );
  return { counted: counted.length, apps };
}

function stateAt(
  hour: string,
  facts: {
    now: number;
    settledUntil: number | undefined;
    redrivenUntil: number;
    waiting: readonly number[];
  },
): HourState {
  const { now, settledUntil = 0, redrivenUntil, waiting } = facts;
  const [start, end] = [hourMs(hour), hourMs(hour) + HOUR_MS];
  const lettersWait = waiting.some((time) => time >= start && time < end + REQUEST_MS);
  const isBuilt = settledUntil >= Math.max(end, redrivenUntil);
  return isBuilt && now >= end + DOOR_LAG_MS && !lettersWait ? 'settled' : 'open';
}

function dueHours(
  app: string,
  facts: {
    door: DoorHours;
    byHour: ReadonlyMap<string, ReconciledHour>;
    arrivals: ReadonlySet<string>;
    now: number;
    stateOf: (hour: string, redrivenUntil?: number) => HourState;
  },
): Due[] {
  const { door, byHour, arrivals, now, stateOf } = facts;
  // Hours from before anything was counted at the door would all be surplus: they are none of this function's.
  const since = [...door.keys(), ...byHour.keys()].sort()[0];
  if (since === undefined) return [];
  const recent = addHours(hourOf(now), -RECENT_HOURS);
  const hours = new Set([...door.keys(), ...byHour.keys(), ...arrivals]);
  return [...hours]
    .filter((hour) => hour >= since && hour <= hourOf(now))
    .sort()
    .map((hour): Due => {
      const counts = door.get(hour) ?? NO_DOOR_COUNTS;
      const before = byHour.get(hour);
      const base = { app, hour, door: counts, door_metrics: JSON.stringify(counts) };
      if (counts.redriven !== redrivenMetric(before)) {
        return openAgain({ ...base, state: 'open' }, now);
      }
      const until = before?.redriven_until;
      // What was settled once stays so: nothing of it is on its way any more.
      const state = before?.state === 'settled' ? 'settled' : stateOf(hour, until);
      return until === undefined ? { ...base, state } : { ...base, state, redriven_until: until };
    })
    .filter((one) => {
      const before = byHour.get(one.hour);
      if (before === undefined || before.state === 'open') return true;
      if (before.missing > 0 && one.hour >= recent) return true;
      return one.door_metrics !== before.door_metrics;
    });
}

/** Until the facts reach to this run, what was sent again may be on its way. */
function openAgain(due: Due, now: number): Due {
  return { ...due, state: 'open', redriven_until: now };
}

function redrivenMetric(before: ReconciledHour | undefined): number {
  return before === undefined ? 0 : (JSON.parse(before.door_metrics) as DoorCounts).redriven;
}

async function countDue(due: readonly Due[], context: ReconcileContext): Promise<LakeHours> {
  if (due.length === 0) return new Map();
  const hours = [...new Set(due.map(({ hour }) => hour))].sort();
  const ids = context.apps.filter((id) => due.some(({ app }) => app === id));
  const firstArrival = addHours(hours[0]!, -1);
  const apps = await Promise.all(
    ids.map(async (id) => ({ id, eventDates: await context.hours.eventDates(id, firstArrival) })),
  );
  const settled = new Set(
    due.filter(({ state }) => state === 'settled').map(({ app, hour }) => keyOf(app, hour)),
  );
  return countLake(
    { hours, until: hourOf(context.now()), apps },
    context.dedupWindowDays,
    (app, hour) => settled.has(keyOf(app, hour)),
    context.run,
  );
}

/**
 * The hours with their counts at the door, taken from the lines of its log where by the metrics something is missing: CloudWatch
 * makes metrics of a line at least once, and one that it makes twice is no loss.
 */
async function withLines(
  due: readonly Due[],
  lake: LakeHours,
  context: ReconcileContext,
): Promise<readonly Due[]> {
  const doubtful = due.filter((one) => resultOf(one, lake, 0).missing > 0);
  const starts = doubtful.map(({ hour }) => hourMs(hour));
  if (starts.length === 0) return due;
  const range = { from: Math.min(...starts), to: Math.max(...starts) + HOUR_MS };
  try {
    const lines = await context.doorLines(range);
    return due.map((one) => {
      const exact = doubtful.includes(one) ? lines.get(one.app)?.get(one.hour) : undefined;
      return exact === undefined ? one : { ...one, door: fewest(one.door, exact) };
    });
  } catch (error) {
    // An alarm that may be wrong is better than none.
    context.warn('the lines of the door cannot be asked: the metrics count', { error });
    return due;
  }
}

function fewest(door: DoorCounts, lines: LineCounts): DoorCounts {
  return {
    ...door,
    accepted: Math.min(door.accepted, lines.accepted),
    refused_at_door: Math.min(door.refused_at_door, lines.refused_at_door),
    declined: Math.min(door.declined, lines.declined),
  };
}

function resultOf(due: Due, lake: LakeHours, now: number): ReconciledHour {
  const { app, door, ...kept } = due;
  const counts = {
    ...NO_COUNTS,
    ...door,
    ...(lake.get(keyOf(app, due.hour)) ?? NO_LAKE_COUNTS),
  };
  return { ...kept, checked_at: now, ...counts, ...balanceOf(counts, due.state) };
}

function warnOf(app: string, hour: ReconciledHour, { warn }: ReconcileContext): void {
  if (hour.missing > 0) warn('an hour does not add up: events are missing', { app, ...hour });
  else if (hour.state === 'settled' && hour.surplus > 0) {
    warn('an hour does not add up: more is stored than was acknowledged', { app, ...hour });
  }
}

function summaryOf(app: string, hours: readonly ReconciledHour[]): AppSummary {
  const sum = (member: 'missing' | 'in_flight' | 'surplus' | 'duplicate'): number =>
    hours.reduce((total, hour) => total + hour[member], 0);
  return {
    app,
    missing: sum('missing'),
    in_flight: sum('in_flight'),
    surplus: sum('surplus'),
    duplicate: sum('duplicate'),
  };
}
