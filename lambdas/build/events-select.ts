import { ENVELOPE } from '../../core/columns.ts';
import { type Sql, sql, sqlIdentifier, sqlInteger, sqlString } from '../../core/sql/quote.ts';
import { render, type Scope } from '../../core/sql/template.ts';
import { statementText } from '../runtime/statements.ts';
import { hoursPredicate, windowsBefore } from './arrival-hours.ts';
import { shortHash } from './inputs.ts';

const DAY_MS = 86_400_000;

/** What makes a row of raw_events an event. The last day that counts is 9999-12-31. */
export const IS_EVENT = sql`message_id <> '' AND event_at >= 0 AND event_at < 253402300800000`;

/** Sorts rows by arrival: hour of arrival, time of receipt, time of the event. One text, so that MIN finds the first. */
const ARRIVAL_ORDER = sql`dt || ' ' || hour || ' ' || LPAD(CAST(COALESCE(received_at, 0) AS varchar), 15, '0') || ' ' || LPAD(CAST(event_at AS varchar), 15, '0')`;

const COLUMN_NAMES = ENVELOPE.map(({ name }) => name).filter((name) => name !== 'app_id');

/** One partition of `events`. */
export interface EventsDay {
  readonly appId: string;
  /** YYYY-MM-DD */
  readonly eventDate: string;
  /** Arrival hours that hold rows of the day. */
  readonly hours: readonly string[];
  readonly dedupWindowDays: number;
}

/**
 * The SELECT of one partition of `events`. It reads the hours that hold rows of the day, and before each of them the hours
 * of the dedup window.
 */
export function eventsSelect({ appId, eventDate, hours, dedupWindowDays }: EventsDay): Sql {
  const dayStart = Date.parse(eventDate);
  const columns: readonly Scope[] = COLUMN_NAMES.map((name) => ({
    column: sqlIdentifier(name, COLUMN_NAMES),
  }));
  return render(statementText('events/events'), {
    columns,
    raw_events: sql`raw_events`,
    is_event: IS_EVENT,
    arrival_order: ARRIVAL_ORDER,
    app_id: sqlString(appId),
    day_start: sqlInteger(dayStart),
    day_end: sqlInteger(dayStart + DAY_MS),
    day_hours: hoursPredicate(windowsBefore(hours, 0)),
    window_hours: hoursPredicate(windowsBefore(hours, dedupWindowDays * 24)),
  });
}

/** Hash of what makes `events`, whatever the day and its hours. */
export function eventsHash(appId: string, dedupWindowDays: number): string {
  const anyDay = { eventDate: '2000-01-01', hours: ['2000-01-01T00'], dedupWindowDays };
  return shortHash(eventsSelect({ appId, ...anyDay }));
}
