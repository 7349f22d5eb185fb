import { makeRunId, runPrefix, temporaryTable } from '../../core/layout.ts';
import { MAX_BUILD_STATEMENT } from '../../core/sql/build-statements.ts';
import { createTableAs } from '../../core/sql/ctas.ts';
import type { Sql } from '../../core/sql/quote.ts';
import { abandon } from './abandon.ts';
import type { BuildContext } from './context.ts';
import { shortHash } from './inputs.ts';
import { type PartitionRecord, partitionOf, withoutLease, withState } from './records.ts';
import { definitionHash, selectFor } from './selects.ts';
import type { BuildTask } from './task.ts';

/** What a task needs to run its statement; `claimed` is false where another execution builds the partition. */
export type Prepared =
  | { readonly claimed: false; readonly task: BuildTask }
  | {
      readonly claimed: true;
      readonly task: BuildTask;
      readonly run_id: string;
      readonly sql: Sql;
      readonly token: string;
    };

/** How long a run may take before another may take its partition over: longer than Athena lets a statement run (30 min). */
export const LEASE_MS = 35 * 60_000;

/**
 * Claims a partition for a new run and renders its statement. A claim that has expired is taken over, and so is one of an
 * ended execution and one of the same execution: its task was started again, and the run before can no longer publish. An error is noted as the
 * partition's failure.
 */
export async function prepare(
  context: BuildContext,
  execution: string,
  task: BuildTask,
): Promise<Prepared> {
  try {
    return await claim(context, execution, task);
  } catch (error) {
    // One partition whose statement cannot be made must not stop the others: it fails like one whose statement fails.
    const cause = error instanceof Error ? error.message : String(error);
    await abandon(context, execution, { task, runId: undefined, cause });
    return { claimed: false, task };
  }
}

async function claim(context: BuildContext, execution: string, task: BuildTask): Promise<Prepared> {
  const partition = partitionOf(task);
  const now = context.now();
  const runId = makeRunId(new Date(now), context.random());
  const select = await selectFor(context, partition);
  const statement = createTableAs({
    database: context.glueDatabase,
    table: temporaryTable(partition, runId),
    location: `s3://${context.lakeBucket}/${runPrefix(partition, runId)}`,
    select,
  });
  const bytes = Buffer.byteLength(statement);
  if (bytes > MAX_BUILD_STATEMENT)
    throw new Error(
      `the statement of ${task.table} has ${bytes} bytes, at most ${MAX_BUILD_STATEMENT} are allowed`,
    );
  const lease = {
    run_id: runId,
    until: now + LEASE_MS,
    execution,
    sql_hash: definitionHash(context.config, partition),
    inputs_version: task.inputs,
  };
  const claimed = await context.registry.change(partition, (record) => {
    if (isHeldByOthers(record, execution, now) && !mayTakeOver(record, task)) return undefined;
    const entry = { state: 'claimed' as const, at: now, run_id: runId, execution };
    return withState(withoutLease(record, now), entry, { lease });
  });
  if (claimed === undefined) return { claimed: false, task };
  return {
    claimed: true,
    task,
    run_id: runId,
    sql: statement,
    token: `${runId}_${shortHash(statement)}`,
  };
}

function isHeldByOthers({ lease }: PartitionRecord, execution: string, now: number): boolean {
  return lease !== undefined && lease.until > now && lease.execution !== execution;
}

/** The holder's execution has ended, says the plan; the claim is still the one that it saw, and no swap has begun since. */
function mayTakeOver({ lease }: PartitionRecord, { takes_over }: BuildTask): boolean {
  return lease !== undefined && lease.run_id === takes_over && lease.swapping !== true;
}
