import { GetQueryExecutionCommand, GetQueryResultsCommand } from '@aws-sdk/client-athena';
import type { StorageDescriptor } from '@aws-sdk/client-glue';
import { type Partition, runPrefix, temporaryTable } from '../../core/layout.ts';
import { Catalog } from './catalog.ts';
import type { BuildContext } from './context.ts';
import { listObjects } from './raw-hours.ts';
import {
  type PartitionRecord,
  partitionKey,
  partitionOf,
  withoutLease,
  withState,
} from './records.ts';
import type { BuildTask } from './task.ts';

/** What `publish` is told of the run. */
export interface RunToPublish {
  readonly task: BuildTask;
  readonly run_id: string;
  readonly query_execution_id: string;
}

/** What was published. */
export interface Published {
  readonly rows: number;
  readonly bytes: number;
}

/** The run lost its partition to a newer one, so it may not publish. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * How long nobody may take a partition over once its swap begins. The swap starts at most 15 seconds after its lease was
 * checked, and its two calls take less than 40 seconds with all that the SDK retries.
 */
const SWAP_MS = 60_000;
const START_SWAP_MS = 15_000;

/**
 * Points readers at a run: checks that the run still holds its partition and that the statement wrote what it should, swaps
 * the partition, counts the publication, writes the registry, drops the temporary table. Every step may be done twice. Killed
 * between two of them, readers have the old run or the new one, whole, and the next build of the partition ends well.
 * @throws LeaseLostError where a newer run holds the partition.
 */
export async function publish(
  context: BuildContext,
  execution: string,
  { task, run_id: runId, query_execution_id: queryId }: RunToPublish,
): Promise<Published> {
  const partition = partitionOf(task);
  const catalog = new Catalog(context.glue, context.glueDatabase);
  const temporary = temporaryTable(partition, runId);
  const before = await context.registry.partition(partition);
  if (before?.run_id === runId) {
    await catalog.dropTemporaryTable(temporary);
    return { rows: before.rows ?? 0, bytes: before.bytes ?? 0 };
  }
  if (before?.lease?.run_id !== runId) throw leaseLost(partition, runId);
  const location = `s3://${context.lakeBucket}/${runPrefix(partition, runId)}`;
  const rows = await rowsWritten(context, queryId, temporary);
  const [storage, bytes] = await Promise.all([
    checkedStorage(catalog, partition, temporary, location),
    bytesUnder(context, runPrefix(partition, runId)),
  ]);
  if (rows > 0 && bytes === 0)
    throw new Error(`query ${queryId} wrote ${rows} rows, but nothing lies under ${location}`);

  const heldAt = await holdLease(context, partition, runId);
  if (context.now() - heldAt > START_SWAP_MS)
    throw new Error(`run ${runId} had no chance to swap within ${START_SWAP_MS} ms of its check`);
  await catalog.point(partition, { ...storage, Location: location });
  // Before the registry: once the run counts as published nobody comes back to count it. Counting twice does no harm.
  await context.registry.countPublication(partition.app_id);
  await writePublication(context, partition, { execution, runId, location, rows, bytes });
  await catalog.dropTemporaryTable(temporary);
  return { rows, bytes };
}

/**
 * Checks that the run holds its partition and keeps others off it until the swap is done.
 * @returns when it was checked, epoch ms
 */
async function holdLease(
  context: BuildContext,
  partition: Partition,
  runId: string,
): Promise<number> {
  const now = context.now();
  const held = await context.registry.change(partition, (record) => {
    if (record.lease?.run_id !== runId) return undefined;
    return { ...record, lease: { ...record.lease, until: now + SWAP_MS, swapping: true } };
  });
  if (held === undefined) throw leaseLost(partition, runId);
  return now;
}

function leaseLost(partition: Partition, runId: string): LeaseLostError {
  return new LeaseLostError(
    `run ${runId} no longer holds ${partition.app_id} ${partitionKey(partition)}, a newer run does or it was abandoned`,
  );
}

async function rowsWritten(
  { athena }: BuildContext,
  queryId: string,
  temporary: string,
): Promise<number> {
  const { QueryExecution: query } = await athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: queryId }),
  );
  const status = query?.Status;
  if (status?.State !== 'SUCCEEDED')
    throw new Error(
      `query ${queryId} is ${status?.State ?? 'unknown'}, only a run that SUCCEEDED is published: ${status?.StateChangeReason ?? 'no reason given'}`,
    );
  if (query?.Query?.includes(temporary) !== true)
    throw new Error(`query ${queryId} does not make the table ${temporary} of this run`);
  const { UpdateCount: rows } = await athena.send(
    new GetQueryResultsCommand({ QueryExecutionId: queryId, MaxResults: 1 }),
  );
  if (rows === undefined) throw new Error(`query ${queryId} does not say how many rows it wrote`);
  return rows;
}

/**
 * How the partition's files are read: as the table's are. The temporary table must lie where this run writes, and the
 * table must know every column that it has: a column that readers cannot see would be lost in silence.
 */
async function checkedStorage(
  catalog: Catalog,
  partition: Partition,
  temporary: string,
  location: string,
): Promise<StorageDescriptor> {
  const [built, target] = await Promise.all([
    catalog.storage(temporary),
    catalog.storage(partition.table),
  ]);
  if (withSlash(built.Location) !== location)
    throw new Error(`table ${temporary} lies at ${built.Location}, not at its run's ${location}`);
  const types = new Map((target.Columns ?? []).map(({ Name: name, Type: type }) => [name, type]));
  const strange = (built.Columns ?? []).filter(
    ({ Name: name, Type: type }) =>
      !types.has(name) || hiveType(type) !== hiveType(types.get(name)),
  );
  if (strange.length > 0) {
    const got = strange.map(({ Name: name, Type: type }) => `${name} ${type}`).join(', ');
    const allowed = [...types].map(([name, type]) => `${name} ${type}`).join(', ');
    throw new Error(`table ${partition.table} does not have the columns ${got}, it has ${allowed}`);
  }
  const { Columns, InputFormat, OutputFormat, SerdeInfo } = target;
  return { Columns, InputFormat, OutputFormat, SerdeInfo };
}

/** A type as the files have it: Athena calls a text whose length it knows varchar(n). */
function hiveType(type: string | undefined): string | undefined {
  return type?.replace(/^(var)?char(\(\d+\))?$/, 'string').replace(/^integer$/, 'int');
}

function withSlash(location: string | undefined): string {
  return location === undefined ? '' : location.replace(/\/*$/, '/');
}

async function bytesUnder({ s3, lakeBucket }: BuildContext, prefix: string): Promise<number> {
  let bytes = 0;
  for await (const { size } of listObjects(s3, lakeBucket, prefix)) bytes += size;
  return bytes;
}

interface Publication {
  readonly execution: string;
  readonly runId: string;
  readonly location: string;
  readonly rows: number;
  readonly bytes: number;
}

async function writePublication(
  context: BuildContext,
  partition: Partition,
  { execution, runId, location, rows, bytes }: Publication,
): Promise<void> {
  const at = context.now();
  const written = await context.registry.change(partition, (record) => {
    const lease = record.lease?.run_id === runId ? record.lease : undefined;
    if (lease === undefined) return suspect(record, { execution, runId, at });
    const retired =
      record.run_id === undefined
        ? record.retired
        : [...record.retired, { run_id: record.run_id, at }];
    const published = {
      run_id: runId,
      location,
      sql_hash: lease.sql_hash,
      inputs_version: lease.inputs_version,
      rows,
      bytes,
      published_at: at,
      execution,
      failure: undefined,
      retired,
    };
    const entry = { state: 'published' as const, at, run_id: runId, execution };
    return withoutLease(withState(record, entry, published), at);
  });
  if (written?.run_id !== runId) throw leaseLost(partition, runId);
}

/** The swap came after a newer run's claim, so readers may have the older run: the next execution builds it again. */
function suspect(
  record: PartitionRecord,
  { execution, runId, at }: { execution: string; runId: string; at: number },
): PartitionRecord {
  const cause = `run ${runId} swapped after it had lost its lease`;
  const entry = { state: 'suspect' as const, at, run_id: runId, execution, cause };
  return withState(record, entry, { failure: { execution, cause, at } });
}
