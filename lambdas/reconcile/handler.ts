import type { Config } from '../../core/config.ts';
import { ENVIRONMENT } from '../../core/environment.ts';
import { METRIC } from '../../core/metrics.ts';
import { runStatement } from '../runtime/athena.ts';
import { athena } from '../runtime/clients/athena.ts';
import { cloudwatch } from '../runtime/clients/cloudwatch.ts';
import { cloudwatchLogs } from '../runtime/clients/cloudwatch-logs.ts';
import { dynamodb } from '../runtime/clients/dynamodb.ts';
import { s3 } from '../runtime/clients/s3.ts';
import { bundleConfig } from '../runtime/config.ts';
import { requireString } from '../runtime/environment.ts';
import { logger } from '../runtime/logger.ts';
import { metricLine, writeLogLine } from '../runtime/metrics.ts';
import { taskHandler } from '../runtime/task.ts';
import { readDoor } from './door.ts';
import { readDoorLines } from './door-lines.ts';
import { type AppSummary, type Reconciled, reconcile } from './reconcile.ts';
import { ReconciledHours } from './registry.ts';
import { waitingLetters } from './waiting-letters.ts';

const namespace = requireString(ENVIRONMENT.metricsNamespace);
const collectLog = requireString(ENVIRONMENT.collectLog);
const registryTable = requireString(ENVIRONMENT.registryTable);
const lakeBucket = requireString(ENVIRONMENT.lakeBucket);
const database = requireString(ENVIRONMENT.glueDatabase);
const workgroup = requireString(ENVIRONMENT.etlWorkgroup);
const { apps, builds, query } = bundleConfig<Config>();

/** Kept free at the end: what was counted is to be written. */
const RESERVE_MS = 30_000;

/** Runs every hour: counts what became of the events of the last hours, and writes metrics of what does not add up. */
export const handler = taskHandler<unknown, Reconciled>(async (_input, context) => {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const ids = apps.map(({ id }) => id);
  const options = {
    client: athena(),
    workgroup,
    database,
    bytesLimit: query.buildBytesLimit,
    limitSetting: 'query.buildBytesLimit',
  };
  const result = await reconcile({
    apps: ids,
    dedupWindowDays: builds.dedupWindowDays,
    hours: new ReconciledHours(dynamodb(), registryTable),
    door: (range) => readDoor(cloudwatch(), namespace, ids, range),
    doorLines: (range) => readDoorLines(cloudwatchLogs(), collectLog, range, deadline),
    waitingLetters: () => waitingLetters(s3(), lakeBucket),
    run: (statement) => runStatement(options, statement, deadline),
    now: Date.now,
    warn: (message, facts) => logger.warn(message, facts),
  });
  for (const { app, ...counts } of result.apps) writeMetrics(app, counts);
  writeMetrics(undefined, total(result.apps));
  return result;
});

/** Only what there is: a metric costs from its first value of a month on. */
function writeMetrics(app: string | undefined, counts: Omit<AppSummary, 'app'>): void {
  const values = Object.entries({
    [METRIC.missing]: counts.missing,
    [METRIC.inFlight]: counts.in_flight,
    [METRIC.surplus]: counts.surplus,
    [METRIC.duplicate]: counts.duplicate,
  }).filter(([, value]) => value > 0);
  if (values.length === 0) return;
  writeLogLine(metricLine(namespace, Date.now(), app, Object.fromEntries(values)));
}

function total(summaries: readonly AppSummary[]): Omit<AppSummary, 'app'> {
  const sum = (member: 'missing' | 'in_flight' | 'surplus' | 'duplicate'): number =>
    summaries.reduce((all, summary) => all + summary[member], 0);
  return {
    missing: sum('missing'),
    in_flight: sum('in_flight'),
    surplus: sum('surplus'),
    duplicate: sum('duplicate'),
  };
}
