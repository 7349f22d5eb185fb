import { APP_DIMENSION } from '../../core/metrics.ts';

/**
 * A log line of which CloudWatch makes metrics (its embedded metric format). It costs no call: the function's log goes there
 * anyway.
 * @param at epoch ms: the minute that the values are counted in; at most two weeks ago.
 * @param app undefined for metrics without a dimension.
 * @param values counts by metric; at least one.
 */
export function metricLine(
  namespace: string,
  at: number,
  app: string | undefined,
  values: Readonly<Record<string, number>>,
): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name }));
  const Dimensions = [app === undefined ? [] : [APP_DIMENSION]];
  const _aws = {
    Timestamp: at,
    CloudWatchMetrics: [{ Namespace: namespace, Dimensions, Metrics }],
  };
  return JSON.stringify({ _aws, ...(app !== undefined && { [APP_DIMENSION]: app }), ...values });
}

/** Writes a line to the function's log as it is: console.log would put a time before it, and CloudWatch would see no metric. */
export function writeLogLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
