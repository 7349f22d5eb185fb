import { funnelKey } from '../../core/registry.ts';
import type { Assessment } from './assess.ts';
import type { BuildContext } from './context.ts';
import { keptFrom } from './discover.ts';
import { removeGarbage } from './garbage.ts';
import { assessAll } from './plan.ts';
import type { ExecutionInput } from './task.ts';

/** How an execution ended. */
export interface Finished {
  /** Partitions that failed in this execution. */
  readonly failed: number;
  /** Partitions that are stale still: another execution builds them, or they wait for one that failed. */
  readonly stale: number;
  /** Stale partitions that cannot be built again, because raw events of them have expired. */
  readonly frozen: number;
  /** Runs whose files were removed. */
  readonly removed: number;
}

/**
 * Ends an execution. Where nothing is stale, every event received before the listing, less the time of delivery, is in the
 * facts: `settled_until` says so. Then removes old runs.
 * @param listedAt epoch ms, from `discover`: no accepted event that came before it, less the time of delivery, is missing
 */
export async function finish(
  context: BuildContext,
  execution: string,
  { listedAt, input }: { listedAt: number; input: ExecutionInput },
): Promise<Finished> {
  // Only what was listed by then counts: newer hours of a concurrent execution are not this one's business.
  const assessments = await assessAll(context, execution, { ...input, full: false });
  const count = (...statuses: readonly string[]): number =>
    assessments.filter(({ status }) => statuses.includes(status)).length;
  const failed = count('failed');
  const stale = count('due', 'waiting', 'leased');
  const frozen = count('frozen');
  if (frozen > 0)
    context.warn('stale partitions stay as they are, raw events of them have expired', { frozen });
  await noteBuiltFunnels(context, assessments);
  if (failed === 0 && stale === 0 && !(await hasUnscannedHours(context))) {
    const until = listedAt - context.deliveryLagSeconds * 1000;
    for (const { id } of context.config.apps) await context.registry.settle(id, until);
  }
  return { failed, stale, frozen, removed: await removeGarbage(context) };
}

/** A funnel whose every partition is as its definition says, or can never be again, is answered from facts from now on. */
async function noteBuiltFunnels(
  { config, registry }: BuildContext,
  assessments: readonly Assessment[],
): Promise<void> {
  for (const { id, funnels, dimensions } of config.apps) {
    const own = assessments.filter(({ partition }) => partition.app_id === id);
    const isBuilt = (name: string): boolean =>
      own
        .filter(({ partition }) => partition.funnel === name)
        .every(({ status }) => status === 'current' || status === 'frozen');
    const built = funnels.filter(({ name }) => own.length > 0 && isBuilt(name));
    const keys = built.map((funnel) => [funnel.name, funnelKey(funnel, dimensions)] as const);
    await registry.noteBuiltFunnels(id, Object.fromEntries(keys));
  }
}

async function hasUnscannedHours(context: BuildContext): Promise<boolean> {
  const from = keptFrom(context);
  const hours = await context.registry.hours();
  return hours.some(
    ({ hour, listed_version, scanned_version }) =>
      hour.slice(0, 10) >= from && listed_version !== scanned_version,
  );
}
