import { runAction } from '../../../lambdas/build/actions.ts';
import type { BuildContext } from '../../../lambdas/build/context.ts';
import type { Discovered } from '../../../lambdas/build/discover.ts';
import type { Finished } from '../../../lambdas/build/finish.ts';
import type { Planned } from '../../../lambdas/build/plan.ts';
import type { Prepared } from '../../../lambdas/build/prepare.ts';
import type { BuildTask, ExecutionInput } from '../../../lambdas/build/task.ts';
import type { Lake } from './lake.ts';

/** A claimed run whose statement has ended. */
export interface CreatedRun {
  readonly task: BuildTask;
  readonly run_id: string;
  readonly query_execution_id: string;
}

/** The state machine's order of actions, in this process. */
export class Execution {
  readonly #lake: Lake;
  readonly #context: BuildContext;
  readonly #name: string;
  readonly #input: ExecutionInput;
  /** Tasks of all rounds, in order. */
  readonly rounds: BuildTask[][] = [];

  constructor(lake: Lake, name: string, input: ExecutionInput = {}, context = lake.context()) {
    this.#lake = lake;
    this.#name = name;
    this.#input = input;
    this.#context = context;
  }

  /** From discover to finish. */
  async run(): Promise<Finished> {
    const { listed_at } = await this.discover();
    for (;;) {
      const { tasks } = await this.plan();
      if (tasks.length === 0) break;
      for (const task of tasks) {
        const created = await this.create(task);
        if (created !== undefined) await this.publish(created);
      }
    }
    return this.finish(listed_at);
  }

  /** The end. */
  finish(listedAt: number): Promise<Finished> {
    return this.#act<Finished>('finish', { listed_at: listedAt });
  }

  /** Lists, scans and records. */
  async discover(): Promise<Discovered> {
    const discovered = await this.#act<Discovered>('discover', { input: this.#input });
    if (discovered.scan !== null) {
      const { sql, token } = discovered.scan;
      const query_execution_id = await this.#lake.run(sql, token);
      await this.#act('record', { query_execution_id, hours: discovered.hours });
    }
    return discovered;
  }

  /** The next round. */
  async plan(): Promise<Planned> {
    const planned = await this.#act<Planned>('plan', {
      input: this.#input,
      execution_id: `arn:aws:states:us-east-1:000000000000:execution:builds:${this.#name}`,
    });
    if (planned.tasks.length > 0) this.rounds.push([...planned.tasks]);
    return planned;
  }

  /** Claims a partition and runs its statement; undefined where another execution has it. */
  async create(task: BuildTask): Promise<CreatedRun | undefined> {
    const prepared = await this.#act<Prepared>('prepare', { task });
    if (!prepared.claimed) return undefined;
    const { run_id, sql, token } = prepared;
    return { task, run_id, query_execution_id: await this.#lake.run(sql, token) };
  }

  /** Publishes a run, by another process where a context is given. */
  async publish(created: CreatedRun, context = this.#context): Promise<void> {
    await runAction(context, { action: 'publish', execution: this.#name, ...created });
  }

  /** Gives a run up. */
  async abandon(created: CreatedRun, error: object): Promise<void> {
    await this.#act('abandon', { task: created.task, run_id: created.run_id, error });
  }

  async #act<T>(action: string, members: object): Promise<T> {
    const input = { action, execution: this.#name, ...members };
    // Step Functions carries JSON: what would not survive it must not work here.
    return JSON.parse(
      JSON.stringify(await runAction(this.#context, JSON.parse(JSON.stringify(input)))),
    ) as T;
  }
}
