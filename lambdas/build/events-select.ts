import { clipRanges, hoursPredicate, windowsBefore } from '../../core/arrival-hours.ts';
import { ENVELOPE } from '../../core/columns.ts';
import { type Sql, sql, sqlIdentifier, sqlInteger, sqlString } from '../../core/sql/quote.ts';
import { render, type Scope } from '../../core/sql/template.ts';
import { statementText } from '../runtime/statements.ts';
import { readForIdentities } from './identity-hours.ts';
import { shortHash } from './inputs.ts';

const DAY_MS = 86_400_000;

/** The last day that counts is 9999-12-31. */
const HAS_TIME = sql`event_at >= 0 AND event_at < 253402300800000`;

/** What makes a row of raw_events an event. */
export const IS_EVENT = sql`message_id <> '' AND ${HAS_TIME}`;

/** What makes an event say whose device it came from. Keys are never negative. */
export const IS_IDENTITY = sql`anonymous_key >= 0 AND user_key >= 0`;

/** Sorts identities by the time of the event, then by the user's key, which begins at its 16th character. */
const IDENTITY_ORDER = sql`LPAD(CAST(event_at AS varchar), 15, '0') || LPAD(CAST(user_key AS varchar), 19, '0')`;

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
  /** Arrival hours that exist, in order: at least those of `readForIdentities`. */
  readonly knownHours: readonly string[];
}

/**
 * The SELECT of one partition of `events`. It reads the hours that hold rows of the day, and before each of them the hours
 * of the dedup window. Of who identified, it reads the hours around them, too.
 */
export function eventsSelect(day: EventsDay): Sql {
  const { appId, eventDate, hours, dedupWindowDays, knownHours } = day;
  const dayStart = Date.parse(eventDate);
  const columns: readonly Scope[] = COLUMN_NAMES.map((name) => ({
    column: sqlIdentifier(name, COLUMN_NAMES),
  }));
  const identityHours = clipRanges(readForIdentities(eventDate, hours, dedupWindowDays), [
    ...knownHours,
    ...hours,
  ]);
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
    identity_hours: hoursPredicate(identityHours),
    identity_order: IDENTITY_ORDER,
    has_time: HAS_TIME,
    is_identity: IS_IDENTITY,
  });
}

/** Hash of what makes `events`, whatever the day and its hours. */
export function eventsHash(appId: string, dedupWindowDays: number): string {
  const anyDay = { eventDate: '2000-01-01', hours: ['2000-01-01T00'], knownHours: [] };
  return shortHash(eventsSelect({ appId, dedupWindowDays, ...anyDay }));
}
