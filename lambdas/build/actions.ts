import { abandon } from './abandon.ts';
import { parseCause } from './cause.ts';
import type { BuildContext } from './context.ts';
import { discover, type HourToScan } from './discover.ts';
import { finish } from './finish.ts';
import { plan } from './plan.ts';
import { prepare } from './prepare.ts';
import { publish } from './publish.ts';
import { record } from './record.ts';
import { object, parseExecutionInput, parseStart, parseTask, text } from './task.ts';

type Action = (
  context: BuildContext,
  execution: string,
  input: Readonly<Record<string, unknown>>,
) => Promise<object>;

/** What the state machine may ask for. */
const ACTIONS: Readonly<Record<string, Action>> = {
  discover: (context, execution, { input }) => {
    const apps = context.config.apps.map(({ id }) => id);
    return discover(context, execution, parseStart(input, apps));
  },
  record: (context, _execution, input) =>
    record(context, text(input, 'query_execution_id'), parseHours(input.hours)),
  plan: (context, execution, { input, execution_id }) =>
    plan(
      context,
      execution,
      parseExecutionInput(input),
      typeof execution_id === 'string' ? execution_id : undefined,
    ),
  prepare: (context, execution, { task }) => prepare(context, execution, parseTask(task)),
  publish: (context, execution, input) =>
    publish(context, execution, {
      task: parseTask(input.task),
      run_id: text(input, 'run_id'),
      query_execution_id: text(input, 'query_execution_id'),
    }),
  abandon: (context, execution, input) =>
    abandon(context, execution, {
      task: parseTask(input.task),
      runId: input.run_id === undefined ? undefined : text(input, 'run_id'),
      cause: parseCause(input.error),
    }),
  finish: (context, execution, { listed_at, input }) =>
    finish(context, execution, {
      listedAt: parseTime(listed_at),
      input: parseExecutionInput(input),
    }),
};

/**
 * Runs one action of the state machine: `action` names it, `execution` is the execution's name.
 * @throws Error that names the member, the value got and what is allowed.
 */
export async function runAction(context: BuildContext, value: unknown): Promise<object> {
  const input = object(value, 'the input');
  const name = text(input, 'action');
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined)
    throw new Error(`action must be one of ${Object.keys(ACTIONS).join(', ')}, got ${name}`);
  return action(context, text(input, 'execution'), input);
}

function parseHours(value: unknown): HourToScan[] {
  if (!Array.isArray(value)) throw new Error(`hours must be a list, got ${JSON.stringify(value)}`);
  return value.map((item) => {
    const hour = object(item, 'an hour');
    return { hour: text(hour, 'hour'), version: text(hour, 'version') };
  });
}

function parseTime(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error(`listed_at must be a time in epoch ms, got ${JSON.stringify(value)}`);
  return value;
}
