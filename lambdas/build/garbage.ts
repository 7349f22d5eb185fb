import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { type Partition, runPrefix, temporaryTable } from '../../core/layout.ts';
import { Catalog } from './catalog.ts';
import type { BuildContext } from './context.ts';
import { listObjects } from './raw-hours.ts';
import { type PartitionRecord, partitionOf, type RetiredRun, withoutLease } from './records.ts';

const HOUR_MS = 3_600_000;
/** Runs that one execution removes; the rest waits for the next one. */
const MAX_RUNS = 300;
/** Objects that S3 deletes with one call. */
const MAX_KEYS = 1000;
const RUN_ID = /^\d{8}t\d{6}_[0-9a-f]{8}$/;

/**
 * Removes runs that were replaced or never published, later than any query may still read them, with the temporary tables
 * that nobody came back for.
 * @returns how many runs went.
 */
export async function removeGarbage(context: BuildContext): Promise<number> {
  const catalog = new Catalog(context.glue, context.glueDatabase);
  const before = context.now() - context.config.builds.keepRetiredHours * HOUR_MS;
  let removed = 0;
  for (const { id } of context.config.apps) {
    for (const record of await context.registry.partitions(id)) {
      const runs = runsToRemove(record, before).slice(0, MAX_RUNS - removed);
      if (runs.length === 0) continue;
      await removeRuns(context, catalog, record, runs);
      removed += runs.length;
    }
  }
  return removed;
}

/** Runs of a partition that were retired before a time, and the run of a lease that ended before it. Never the published one. */
export function runsToRemove(record: PartitionRecord, before: number): RetiredRun[] {
  const { lease } = record;
  const ended = lease !== undefined && lease.until < before ? withoutLease(record, 0) : record;
  return ended.retired.filter(
    ({ run_id, at }) => at < before && run_id !== record.run_id && RUN_ID.test(run_id),
  );
}

async function removeRuns(
  context: BuildContext,
  catalog: Catalog,
  record: PartitionRecord,
  runs: readonly RetiredRun[],
): Promise<void> {
  const partition = partitionOf(record);
  const gone = new Set<string>();
  // A run that lost its lease may have swapped all the same: what readers see is the catalog's word, not the registry's.
  const visible = await catalog.location(partition);
  for (const { run_id } of runs) {
    if (visible === `s3://${context.lakeBucket}/${runPrefix(partition, run_id)}`) continue;
    await removeObjects(context, partition, run_id);
    await catalog.dropTemporaryTable(temporaryTable(partition, run_id));
    gone.add(run_id);
  }
  const now = context.now();
  await context.registry.change(partition, (current) => {
    const isOver = current.lease !== undefined && gone.has(current.lease.run_id);
    const kept = isOver ? withoutLease(current, now) : current;
    return { ...kept, retired: kept.retired.filter(({ run_id }) => !gone.has(run_id)) };
  });
}

async function removeObjects(
  { s3, lakeBucket }: BuildContext,
  partition: Partition,
  runId: string,
): Promise<void> {
  const prefix = runPrefix(partition, runId);
  const keys: string[] = [];
  for await (const { key } of listObjects(s3, lakeBucket, prefix)) keys.push(key);
  for (let start = 0; start < keys.length; start += MAX_KEYS) {
    const objects = keys.slice(start, start + MAX_KEYS).map((key) => ({ Key: key }));
    const { Errors: errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: lakeBucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = errors;
    if (first !== undefined)
      throw new Error(`${errors.length} objects were not deleted: ${first.Key} ${first.Code}`);
  }
}
