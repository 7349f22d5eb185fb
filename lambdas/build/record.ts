import { type AthenaClient, GetQueryResultsCommand, type Row } from '@aws-sdk/client-athena';
import { dayOf } from '../../core/arrival-hours.ts';
import type { BuildContext } from './context.ts';
import type { HourToScan } from './discover.ts';
import type { Touch } from './records.ts';

/** One group of the scan's result: rows of an arrival hour on an event day of an app. */
export interface ScannedRows {
  readonly hour: string;
  readonly appId: string | null;
  /** Null: these rows are no events. */
  readonly eventDate: string | null;
  readonly rows: number;
  /** Of these, rows that name a device and a user. */
  readonly identities: number;
}

/** What `record` stored. */
export interface Recorded {
  /** Event days whose rows changed. */
  readonly touched: number;
  /** Rows that are no events. */
  readonly not_events: number;
}

const APP_ID = /^[a-z][a-z0-9_-]{0,39}$/;

/**
 * Stores which event days of which apps the scanned hours touch, then that the hours were scanned: killed between the two,
 * the next execution scans them again. Rows that are no events are counted with their hour.
 */
export async function record(
  context: BuildContext,
  queryExecutionId: string,
  hours: readonly HourToScan[],
): Promise<Recorded> {
  const groups = await readResults(context.athena, queryExecutionId);
  const isEvent = (group: ScannedRows): boolean =>
    group.eventDate !== null && group.appId !== null && APP_ID.test(group.appId);
  const notEvents = new Map<string, number>();
  for (const { hour, rows } of groups.filter((group) => !isEvent(group)))
    notEvents.set(hour, (notEvents.get(hour) ?? 0) + rows);

  let touched = 0;
  const scanned = new Set(hours.map(({ hour }) => hour));
  const byApp = Map.groupBy(groups.filter(isEvent), ({ appId }) => appId!);
  const apps = new Set([...byApp.keys(), ...context.config.apps.map(({ id }) => id)]);
  for (const appId of apps) {
    const changed = changedTouches(
      byApp.get(appId) ?? [],
      await context.registry.touches(appId),
      scanned,
    );
    await context.registry.putTouches(appId, changed);
    touched += changed.length;
  }
  for (const { hour, version } of hours) {
    const scan = { version, at: context.now(), notEvents: notEvents.get(hour) ?? 0 };
    await context.registry.putScan(hour, scan);
  }
  const total = [...notEvents.values()].reduce((sum, rows) => sum + rows, 0);
  if (total > 0) {
    const facts = { hours: Object.fromEntries(notEvents) };
    context.warn('raw_events holds rows that are no events', facts);
  }
  return { touched, not_events: total };
}

/**
 * Touches that differ from what is stored. A day that an hour touched and no longer does gets zero rows: its partition is
 * built without them.
 */
export function changedTouches(
  groups: readonly ScannedRows[],
  stored: readonly Touch[],
  scannedHours: ReadonlySet<string>,
): Touch[] {
  const key = (day: string, hour: string): string => `${day}#${hour}`;
  const old = new Map(
    stored
      .filter(({ hour }) => scannedHours.has(hour))
      .map((touch) => [key(touch.event_date, touch.hour), touch]),
  );
  const found = groups.map(({ eventDate, hour, rows, identities }) => ({
    event_date: eventDate!,
    hour,
    rows,
    identities,
  }));
  const seen = new Set(found.map(({ event_date, hour }) => key(event_date, hour)));
  const changed = found.filter(({ event_date, hour, rows, identities }) => {
    const known = old.get(key(event_date, hour));
    return known?.rows !== rows || known.identities !== identities;
  });
  const gone = stored
    .filter(({ hour, rows }) => scannedHours.has(hour) && rows > 0)
    .filter(({ event_date, hour }) => !seen.has(key(event_date, hour)))
    .map(({ event_date, hour }) => ({ event_date, hour, rows: 0, identities: 0 }));
  return [...changed, ...gone];
}

async function readResults(athena: AthenaClient, queryExecutionId: string): Promise<ScannedRows[]> {
  const groups: ScannedRows[] = [];
  let token: string | undefined;
  let isFirst = true;
  do {
    const page = await athena.send(
      new GetQueryResultsCommand({
        QueryExecutionId: queryExecutionId,
        MaxResults: 1000,
        NextToken: token,
      }),
    );
    const rows = page.ResultSet?.Rows ?? [];
    // The first row of the first page holds the columns' names.
    groups.push(...rows.slice(isFirst ? 1 : 0).map(scannedRows));
    isFirst = false;
    token = page.NextToken;
  } while (token !== undefined);
  return groups;
}

function scannedRows({ Data: data = [] }: Row): ScannedRows {
  const [dt, hour, appId, eventDay, rows, identities] = data.map(
    ({ VarCharValue: value }) => value ?? null,
  );
  return {
    hour: `${dt}T${hour}`,
    appId: appId ?? null,
    eventDate: eventDay == null ? null : dayOf(Number(eventDay)),
    rows: Number(rows),
    identities: Number(identities),
  };
}
