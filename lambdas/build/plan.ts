import type { BuiltTable } from '../../core/columns.ts';
import { partitionValues } from '../../core/layout.ts';
import { type Asker, type Assessment, assess } from './assess.ts';
import { Catalog } from './catalog.ts';
import type { BuildContext } from './context.ts';
import { keptFrom } from './discover.ts';
import { type PartitionRecord, partitionKey } from './records.ts';
import { appDefinitions } from './selects.ts';
import type { BuildTask, ExecutionInput } from './task.ts';

/** Tasks of one round. */
export interface Planned {
  readonly tasks: readonly BuildTask[];
  /** More partitions are due than one round takes. */
  readonly more: boolean;
}

/** Tasks that one round hands out: the state machine carries them all at once, at most 256 KiB. */
const MAX_TASKS = 200;
const BUILT_TABLES: readonly BuiltTable[] = [
  'events',
  'funnel_steps',
  'funnel_attempts',
  'funnel_months',
];

/**
 * Works out which partitions are stale and ready to be built: those whose inputs are all current. What depends on them comes
 * in a later round of the same execution. Newest days first.
 * @param executionArn of this execution; where it is not known, the claims of ended executions are waited for.
 */
export async function plan(
  context: BuildContext,
  execution: string,
  input: ExecutionInput,
  executionArn?: string,
): Promise<Planned> {
  const assessments = await assessAll(context, execution, input, executionArn);
  const due = assessments.filter(({ status }) => status === 'due');
  const tasks = due
    .sort((a, b) => (a.partition.event_date < b.partition.event_date ? 1 : -1))
    .slice(0, MAX_TASKS)
    .map(({ partition, inputs, takesOver }) => ({
      ...partition,
      inputs,
      ...(takesOver === undefined ? {} : { takes_over: takesOver }),
    }));
  return { tasks, more: due.length > tasks.length };
}

/** Where every partition of every configured app stands. */
export async function assessAll(
  context: BuildContext,
  execution: string,
  input: ExecutionInput,
  executionArn?: string,
): Promise<Assessment[]> {
  const { backfill, full = false } = input;
  const asker: Asker = {
    now: context.now(),
    execution,
    full,
    ...(backfill === undefined ? {} : { backfill }),
    rawKeptFrom: `${keptFrom(context)}T00`,
  };
  const assessments: Assessment[] = [];
  for (const app of context.config.apps) {
    const touches = await context.registry.touches(app.id);
    const partitions = await context.registry.partitions(app.id);
    const misplaced = full ? await misplacedKeys(context, app.id, partitions) : new Set<string>();
    const ended = await endedHolders(context, partitions, execution, executionArn);
    const definitions = appDefinitions(context.config, app);
    assessments.push(
      ...assess(definitions, { touches, partitions, misplaced }, { ...asker, ended }),
    );
  }
  return assessments;
}

/** Executions that hold a partition and have ended: killed, or stopped by hand. */
async function endedHolders(
  { ended, now }: BuildContext,
  partitions: readonly PartitionRecord[],
  execution: string,
  executionArn: string | undefined,
): Promise<ReadonlySet<string>> {
  const holders = partitions.flatMap(({ lease }) =>
    lease !== undefined && lease.until > now() && lease.execution !== execution
      ? [lease.execution]
      : [],
  );
  if (executionArn === undefined || holders.length === 0) return new Set();
  return ended(new Set(holders), executionArn);
}

/** Keys of partitions that the catalog does not hold where the registry published them. */
async function misplacedKeys(
  context: BuildContext,
  appId: string,
  partitions: readonly PartitionRecord[],
): Promise<Set<string>> {
  const catalog = new Catalog(context.glue, context.glueDatabase);
  const misplaced = new Set<string>();
  for (const table of BUILT_TABLES) {
    const locations = await catalog.locations(table, appId);
    for (const record of partitions) {
      if (record.table !== table || record.location === undefined) continue;
      const location = locations.get(partitionValues(record).join('/'));
      if (location !== record.location) misplaced.add(partitionKey(record));
    }
  }
  return misplaced;
}
