import { events } from '#validators';
import type { Config } from '../../../core/config.ts';
import { ENVIRONMENT } from '../../../core/environment.ts';
import { type RedrivePage, readRedriveInput } from '../../../core/redrive.ts';
import { kinesis } from '../../runtime/clients/kinesis.ts';
import { s3 } from '../../runtime/clients/s3.ts';
import { bundleConfig } from '../../runtime/config.ts';
import { optionalString, requireString } from '../../runtime/environment.ts';
import { packLines } from '../../runtime/lines.ts';
import { writeLogLine } from '../../runtime/metrics.ts';
import { partitionKey, putRecords } from '../../runtime/stream.ts';
import { taskHandler } from '../../runtime/task.ts';
import { createCollector } from '../collector.ts';
import { Routes } from '../routes.ts';
import { countRedriven } from './count-redriven.ts';
import { LetterObjects } from './letter-objects.ts';
import type { RedrivenLine } from './rechecked.ts';
import { RedactedSchemas } from './redacted-schemas.ts';
import { redrivePage } from './redrive.ts';

const streamName = requireString(ENVIRONMENT.streamName);
const namespace = requireString(ENVIRONMENT.metricsNamespace);
const deadLetterBucket = requireString(ENVIRONMENT.deadLetterBucket);
const config = bundleConfig<Config>();
const { collection } = config;
const collector = {
  ...createCollector(config, undefined, optionalString(ENVIRONMENT.hashKey)),
  schemas: new RedactedSchemas(events),
  // Letters of anonymous visitors are calls at the plain paths, whether or not these are open.
  routes: new Routes({ ...collection, basePaths: [...new Set(['/', ...collection.basePaths])] }),
};

/** Of a page: who waits for it wants to see how far it is. */
const PAGE_MS = 3_000;
/** Kept free at the end for the portion that is under way. */
const RESERVE_MS = 45_000;
/** For one portion's records. */
const SEND_MS = 30_000;

/** Sends dead letters again, one page an invocation: the answer's cursor is the next one's. */
export const handler = taskHandler<unknown, RedrivePage>((input, context) => {
  const startedAt = Date.now();
  const appOf = (id: string) => config.apps.find((one) => one.id === id);
  const ids = config.apps.map(({ id }) => id);
  const request = readRedriveInput(input, (id) => appOf(id)?.timeZone, ids);
  const app = appOf(request.app);
  if (app === undefined) throw new Error(`the app ${request.app} is gone`);
  return redrivePage(request, {
    app,
    collector,
    objects: new LetterObjects(s3(), deadLetterBucket),
    send: (lines) => send(app.id, lines),
    now: Date.now,
    hasTime: () =>
      Date.now() - startedAt < PAGE_MS && context.getRemainingTimeInMillis() > RESERVE_MS,
  });
});

async function send(appId: string, lines: readonly RedrivenLine[]): Promise<void> {
  const records = packLines(lines.map(({ json }) => json)).map((data, i) => ({
    // Portions spread over the shards.
    partitionKey: partitionKey(appId, `${lines[0]?.personId}/${i}`),
    data,
  }));
  const patience = { deadline: Date.now() + SEND_MS, tries: SEND_MS };
  const { left, cause } = await putRecords(kinesis(), streamName, records, patience);
  if (left.length === 0) {
    countRedriven(namespace, appId, lines, Date.now(), writeLogLine);
    return;
  }
  throw new Error(
    `the stream did not take ${left.length} of ${records.length} records: run the same redrive again`,
    { cause },
  );
}
