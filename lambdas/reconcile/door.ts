import {
  type CloudWatchClient,
  type MetricDataQuery,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch';
import { hourOf } from '../../core/arrival-hours.ts';
import { APP_DIMENSION, METRIC } from '../../core/metrics.ts';
import type { HourCounts } from '../../core/reconciliation.ts';

/** What the door counted of an app's hour. */
export interface DoorCounts
  extends Pick<HourCounts, 'accepted' | 'refused_at_door' | 'declined' | 'unconfirmed'> {
  /** Events that were sent again, each time: tells that there is something to count. How much stands in the table of redrives. */
  readonly redriven: number;
}

/** Counts of the door by hour, as 2026-11-21T19. */
export type DoorHours = ReadonlyMap<string, DoorCounts>;

/** Nothing was counted. */
export const NO_DOOR_COUNTS: DoorCounts = {
  accepted: 0,
  refused_at_door: 0,
  declined: 0,
  unconfirmed: 0,
  redriven: 0,
};

const METRICS: Readonly<Record<keyof DoorCounts, string>> = {
  accepted: METRIC.accepted,
  refused_at_door: METRIC.refused,
  declined: METRIC.declined,
  unconfirmed: METRIC.unconfirmed,
  redriven: METRIC.redriven,
};
const MEMBERS = Object.keys(METRICS) as (keyof DoorCounts)[];
const HOUR_SECONDS = 3600;
/** CloudWatch's limit of queries a call. */
const MAX_QUERIES = 500;

/**
 * Reads what was counted at the door, by app and hour.
 * @param range whole hours, epoch ms, half-open.
 */
export async function readDoor(
  client: CloudWatchClient,
  namespace: string,
  apps: readonly string[],
  range: { readonly from: number; readonly to: number },
): Promise<Map<string, DoorHours>> {
  const asked = apps.flatMap((app) => MEMBERS.map((member) => ({ app, member })));
  const found = new Map(apps.map((app) => [app, new Map<string, DoorCounts>()]));
  for (let start = 0; start < asked.length; start += MAX_QUERIES) {
    const some = asked.slice(start, start + MAX_QUERIES);
    const pages = paginateGetMetricData(
      { client },
      {
        StartTime: new Date(range.from),
        EndTime: new Date(range.to),
        MetricDataQueries: some.map(({ app, member }, i) =>
          queryOf(`q${i}`, namespace, METRICS[member], app),
        ),
      },
    );
    for await (const { MetricDataResults = [] } of pages) {
      for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
        const { app, member } = some[Number(Id.slice(1))]!;
        const hours = found.get(app)!;
        for (const [i, time] of Timestamps.entries()) {
          const hour = hourOf(time.getTime());
          const counts = hours.get(hour) ?? NO_DOOR_COUNTS;
          hours.set(hour, { ...counts, [member]: Values[i] ?? 0 });
        }
      }
    }
  }
  return found;
}

function queryOf(Id: string, Namespace: string, MetricName: string, app: string): MetricDataQuery {
  const Dimensions = [{ Name: APP_DIMENSION, Value: app }];
  return {
    Id,
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period: HOUR_SECONDS,
      Stat: 'Sum',
    },
  };
}
