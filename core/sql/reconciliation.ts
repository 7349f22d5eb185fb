import { addDays, addHours, dayOf, hourMs, hoursPredicate, mergeRanges } from '../arrival-hours.ts';
import { REFUSAL_CODES } from '../event.ts';
import { type Sql, sql, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render } from './template.ts';

/** Which hours of receipt are counted, and where their events may lie. */
export interface HoursToCount {
  /** Hours of receipt, as 2026-11-21T19; at least one. */
  readonly hours: readonly string[];
  /** The hour now: events of an hour may have arrived in any from the one before it on. */
  readonly until: string;
  readonly apps: readonly AppToCount[];
}

/** An app, and the days on which events that arrived in these hours happened. */
export interface AppToCount {
  readonly id: string;
  /** YYYY-MM-DD */
  readonly eventDates: readonly string[];
}

const HOUR_MS = 3_600_000;

/**
 * Counts rows of events and of raw_events by app and hour of receipt.
 * @param template Text of sql/reconciliation/events.sql.
 */
export function reconciledEventsSql(template: string, counted: HoursToCount): Sql {
  return render(template, {
    arrival_hours: hoursPredicate([{ from: firstArrival(counted), to: counted.until }]),
    app_ids: appIds(counted),
    received: received(counted.hours),
    apps: counted.apps.map(({ id, eventDates }) => ({
      app_id: sqlString(id),
      event_dates: sqlJoin(eventDates.map(sqlString), ', '),
    })),
  });
}

/**
 * Counts dead letters by app and hour of receipt.
 * @param template Text of sql/reconciliation/dead_letters.sql.
 */
export function reconciledLettersSql(template: string, counted: HoursToCount): Sql {
  const first = firstArrival(counted);
  return render(template, {
    refusals: sqlJoin(REFUSAL_CODES.map(sqlString), ', '),
    first_day: sqlString(first.slice(0, 10)),
    // Firehose's clock may be ahead.
    last_day: sqlString(addDays(counted.until.slice(0, 10), 1)),
    app_ids: appIds(counted),
    received: received(counted.hours),
  });
}

/** Days on which events of some hours may lie, with so many days before each: a repeat may have happened on another day. */
export function daysBefore(days: readonly string[], lookBackDays: number): string[] {
  const all = days.flatMap((day) =>
    Array.from({ length: lookBackDays + 1 }, (_, back) => addDays(day, -back)),
  );
  return [...new Set(all)].sort();
}

/** UTC day of an hour, YYYY-MM-DD. */
export function dayOfHour(hour: string): string {
  return dayOf(hourMs(hour));
}

/** Firehose names an object after the arrival of its oldest record, which may lie in the hour before. */
function firstArrival({ hours }: HoursToCount): string {
  return addHours([...hours].sort()[0]!, -1);
}

function appIds({ apps }: HoursToCount): Sql {
  return sqlJoin(
    apps.map(({ id }) => sqlString(id)),
    ', ',
  );
}

function received(hours: readonly string[]): Sql {
  const ranges = mergeRanges(hours.map((hour) => ({ from: hour, to: hour })));
  const within = ranges.map(({ from, to }) => {
    const [start, end] = [sqlInteger(hourMs(from)), sqlInteger(hourMs(to) + HOUR_MS)];
    return sql`received_at >= ${start} AND received_at < ${end}`;
  });
  return sql`(${sqlJoin(
    within.map((one) => sql`(${one})`),
    ' OR ',
  )})`;
}
