import { APP_DIMENSION } from '../../core/metrics.ts';

/**
 * A log line of which CloudWatch makes metrics (its embedded metric format). It costs no call: the function's log goes there
 * anyway.
 * @param namespace of letters, digits and `.-_/#:`, as CloudWatch takes it.
 * @param at epoch ms: the minute that the values are counted in; at most two weeks ago.
 * @param app an id of the config, which needs no escapes either; undefined for metrics without a dimension.
 * @param values counts by metric, whose names are of letters only; at least one.
 */
export function metricLine(
  namespace: string,
  at: number,
  app: string | undefined,
  values: Readonly<Record<string, number>>,
): string {
  let metrics = '';
  let counts = '';
  for (const name in values) {
    metrics += `${metrics && ','}{"Name":"${name}"}`;
    counts += `,"${name}":${values[name]}`;
  }
  const dimensions = app === undefined ? '' : `"${APP_DIMENSION}"`;
  const dimension = app === undefined ? '' : `,"${APP_DIMENSION}":"${app}"`;
  // Written out: it is made for each request.
  return `{"_aws":{"Timestamp":${at},"CloudWatchMetrics":[{"Namespace":"${namespace}","Dimensions":[[${dimensions}]],"Metrics":[${metrics}]}]}${dimension}${counts}}`;
}

/** Writes a line to the function's log as it is: console.log would put a time before it, and CloudWatch would see no metric. */
export function writeLogLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
