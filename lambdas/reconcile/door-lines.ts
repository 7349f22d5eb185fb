import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { hourOf } from '../../core/arrival-hours.ts';
import { APP_DIMENSION, METRIC } from '../../core/metrics.ts';
import type { DoorCounts } from './door.ts';

/** What the lines of the door's log say of an app's hour. */
export type LineCounts = Pick<DoorCounts, 'accepted' | 'refused_at_door' | 'declined'>;

const HOUR_MS = 3_600_000;
/** A line is written within the request's time. */
const REQUEST_SECONDS = 60;
const LONGEST_WAIT_MS = 2_000;

const QUERY = `filter ispresent(${METRIC.accepted}) or ispresent(${METRIC.refused}) or ispresent(${METRIC.declined})
| fields ${APP_DIMENSION} as app, floor(_aws.Timestamp / ${HOUR_MS}) as hour
| stats sum(${METRIC.accepted}) as accepted, sum(${METRIC.refused}) as refused_at_door, sum(${METRIC.declined}) as declined by app, hour`;

/**
 * Sums the counts in the lines of the door's log, by app and hour of receipt. Exact where CloudWatch's metrics may count a line
 * twice; costs by the bytes of the log.
 * @param range whole hours, epoch ms, half-open.
 * @param deadline epoch ms.
 * @throws Error where the query does not end well by then.
 */
export async function readDoorLines(
  client: CloudWatchLogsClient,
  logGroupName: string,
  range: { readonly from: number; readonly to: number },
  deadline: number,
): Promise<Map<string, Map<string, LineCounts>>> {
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupName,
      startTime: range.from / 1000,
      endTime: range.to / 1000 + REQUEST_SECONDS,
      queryString: QUERY,
    }),
  );
  const found = new Map<string, Map<string, LineCounts>>();
  for (const row of await rowsOf(client, queryId, deadline)) {
    const value = (name: string): string => row.find(({ field }) => field === name)?.value ?? '';
    const app = found.get(value('app')) ?? new Map<string, LineCounts>();
    found.set(value('app'), app);
    app.set(hourOf(Number(value('hour')) * HOUR_MS), {
      accepted: Number(value('accepted')),
      refused_at_door: Number(value('refused_at_door')),
      declined: Number(value('declined')),
    });
  }
  return found;
}

async function rowsOf(
  client: CloudWatchLogsClient,
  queryId: string | undefined,
  deadline: number,
): Promise<readonly (readonly ResultField[])[]> {
  for (let wait = 100; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') return results;
    const isUnderWay = status === 'Running' || status === 'Scheduled';
    if (!isUnderWay || Date.now() + wait > deadline) {
      throw new Error(`the query of the door's log is ${status}, Complete is needed`);
    }
    await sleep(wait);
  }
}
