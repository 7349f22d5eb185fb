import { dayOf, hoursPredicate, windowsBefore } from '../../core/arrival-hours.ts';
import { type Sql, sql } from '../../core/sql/quote.ts';
import { render } from '../../core/sql/template.ts';
import { statementText } from '../runtime/statements.ts';
import type { BuildContext } from './context.ts';
import { IS_EVENT, IS_IDENTITY } from './events-select.ts';
import { waitingSince } from './fallback.ts';
import { shortHash } from './inputs.ts';
import { type ListedHour, listArrivalDays, listHours } from './raw-hours.ts';
import type { HourRecord } from './records.ts';
import type { ExecutionInput } from './task.ts';

/** An arrival hour to scan, and the version that was listed. */
export interface HourToScan {
  readonly hour: string;
  readonly version: string;
}

/** What `discover` found. */
export interface Discovered {
  /** Counts the rows of changed hours by app and event day; null where no hour has changed. */
  readonly scan: { readonly sql: Sql; readonly token: string } | null;
  readonly hours: readonly HourToScan[];
  /**
   * Epoch ms: what was delivered by then was seen. Before the listing; where events wait in the fallback for their way into the
   * stream, when the oldest of them came there.
   */
  readonly listed_at: number;
}

const DAY_MS = 86_400_000;
/** Days back from today that are always listed again: delivery is late by minutes, never by days. */
const RECENT_DAYS = 2;
/** Hours that one scan reads. The rest waits for the next execution. */
const MAX_HOURS = 500;
const LISTINGS_AT_ONCE = 8;

/**
 * Finds the arrival hours of raw_events whose objects changed since their rows were counted. Lists the recent days and
 * those never seen; all days where `full` is set. The newest hours come first, so that a backlog does not hold up today.
 */
export async function discover(
  context: BuildContext,
  execution: string,
  input: ExecutionInput,
): Promise<Discovered> {
  const listedAt = context.now();
  // Before raw events are listed: an object that refill sends on meanwhile is seen here or there.
  const waiting = await waitingSince(context.s3, context.lakeBucket);
  const seenUntil = Math.min(waiting ?? listedAt, listedAt);
  const known = new Map((await context.registry.hours()).map((hour) => [hour.hour, hour]));
  const listed = await listDays(context, await daysToList(context, known, input.full === true));
  const changed = listed.filter((hour) => known.get(hour.hour)?.listed_version !== hour.version);
  await inBatches(changed, LISTINGS_AT_ONCE, ({ hour, version, objects, bytes }) =>
    context.registry.putListing({
      hour,
      listed_version: version,
      listed_at: listedAt,
      objects,
      bytes,
    }),
  );
  const versions = new Map<string, string>();
  for (const { hour, listed_version } of known.values()) versions.set(hour, listed_version);
  for (const { hour, version } of listed) versions.set(hour, version);
  const hours = [...versions]
    .map(([hour, version]) => ({ hour, version }))
    .filter(({ hour, version }) => known.get(hour)?.scanned_version !== version)
    .filter(({ hour }) => hour.slice(0, 10) >= keptFrom(context))
    .sort((a, b) => (a.hour < b.hour ? 1 : -1))
    .slice(0, MAX_HOURS);
  if (hours.length === 0) return { scan: null, hours, listed_at: seenUntil };
  const statement = scanSql(hours.map(({ hour }) => hour));
  const token = `scan_${shortHash(execution)}_${shortHash(hours)}_${shortHash(statement)}`;
  return { scan: { sql: statement, token }, hours, listed_at: seenUntil };
}

/** The statement that counts the rows of arrival hours by app and event day. */
export function scanSql(hours: readonly string[]): Sql {
  return render(statementText('events/scan'), {
    raw_events: sql`raw_events`,
    is_event: IS_EVENT,
    is_identity: IS_IDENTITY,
    hours: hoursPredicate(windowsBefore(hours, 0)),
  });
}

/**
 * First day of arrival whose raw events surely still exist, with a day of margin. Older ones are about to expire: an hour
 * that loses objects has not changed.
 */
export function keptFrom({ config, now }: Pick<BuildContext, 'config' | 'now'>): string {
  const { rawDays } = config.retention;
  return rawDays === undefined ? '0000-00-00' : dayOf(now() - (rawDays - 1) * DAY_MS);
}

async function daysToList(
  context: BuildContext,
  known: ReadonlyMap<string, HourRecord>,
  full: boolean,
): Promise<string[]> {
  const seen = new Set([...known.keys()].map((hour) => hour.slice(0, 10)));
  const recentFrom = dayOf(context.now() - RECENT_DAYS * DAY_MS);
  const days = await listArrivalDays(context.s3, context.lakeBucket);
  return days.filter(
    (day) => day >= keptFrom(context) && (full || day >= recentFrom || !seen.has(day)),
  );
}

async function listDays(context: BuildContext, days: readonly string[]): Promise<ListedHour[]> {
  const hours: ListedHour[] = [];
  await inBatches(days, LISTINGS_AT_ONCE, async (day) => {
    hours.push(...(await listHours(context.s3, context.lakeBucket, day)));
  });
  return hours;
}

async function inBatches<T>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < items.length; start += size)
    await Promise.all(items.slice(start, start + size).map(work));
}
