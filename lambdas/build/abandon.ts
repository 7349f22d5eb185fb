import type { BuildContext } from './context.ts';
import { partitionOf, withoutLease, withState } from './records.ts';
import type { BuildTask } from './task.ts';

/** Longest cause that the registry keeps. */
const MAX_CAUSE_LENGTH = 1000;

/**
 * Gives a failed run's partition back, and notes why it failed. As long as the failure stands, the partition counts as
 * stale: the run may have failed just after its swap. A run that was published all the same, or that lost its partition to
 * another execution's, leaves no failure.
 */
export async function abandon(
  context: BuildContext,
  execution: string,
  { task, runId, cause }: { task: BuildTask; runId: string | undefined; cause: string },
): Promise<{ readonly failed: boolean }> {
  const at = context.now();
  const short = cause.slice(0, MAX_CAUSE_LENGTH);
  const changed = await context.registry.change(partitionOf(task), (record) => {
    const holder = record.lease?.execution === execution ? record.lease.run_id : undefined;
    const run = runId ?? holder;
    if (record.lease !== undefined && record.lease.run_id !== run) return undefined;
    if (run !== undefined && record.run_id === run) return undefined;
    const entry = { state: 'failed' as const, at, run_id: run ?? '', execution, cause: short };
    return withState(withoutLease(record, at), entry, {
      failure: { execution, cause: short, at },
    });
  });
  const facts = { ...task, execution, run_id: runId, cause: short };
  context.warn('a build failed', facts);
  return { failed: changed !== undefined };
}
