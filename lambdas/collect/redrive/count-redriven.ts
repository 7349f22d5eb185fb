import { METRIC } from '../../../core/metrics.ts';
import { metricLine } from '../../runtime/metrics.ts';
import type { RedrivenLine } from './rechecked.ts';

const HOUR_MS = 3_600_000;
/** CloudWatch takes no metrics older than two weeks, and reconcile does not look at older hours. */
const OLDEST_MS = 13 * 24 * HOUR_MS;

/**
 * Counts events that were put on the stream again, in the hours in which they were received first: they are stored in those, beside
 * the dead letters that they were.
 */
export function countRedriven(
  namespace: string,
  appId: string,
  lines: readonly RedrivenLine[],
  now: number,
  write: (line: string) => void,
): void {
  const hours = new Map<number, number>();
  for (const { json } of lines) {
    const { received_at: time } = JSON.parse(json) as { readonly received_at?: unknown };
    if (typeof time !== 'number' || time < now - OLDEST_MS) continue;
    const hour = Math.floor(time / HOUR_MS) * HOUR_MS;
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
  }
  for (const [hour, count] of hours) {
    write(metricLine(namespace, hour, appId, { [METRIC.redriven]: count }));
  }
}
