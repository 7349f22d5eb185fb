import type { BuiltTable } from '../../core/columns.ts';
import type { Partition } from '../../core/layout.ts';
import type { Backfill } from './assess.ts';

/** One partition to build, as it travels through the state machine. */
export interface BuildTask extends Partition {
  /** Version of the inputs as planned. What is read later is at least as new, so this never claims too much. */
  readonly inputs: string;
  /** Run of an ended execution whose claim may be taken over before its time. */
  readonly takes_over?: string;
}

/** Input of an execution of the state machine. */
export interface ExecutionInput {
  /** Lists all raw hours again, and compares the catalog with the registry. */
  readonly full?: boolean;
  readonly backfill?: Backfill;
}

const TABLES: readonly BuiltTable[] = [
  'events',
  'funnel_steps',
  'funnel_attempts',
  'funnel_months',
];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads an execution's input, which people write by hand.
 * @throws Error that names the member, the value and what is allowed.
 */
export function parseExecutionInput(value: unknown): ExecutionInput {
  const { full, backfill } = object(value ?? {}, 'input');
  if (full !== undefined && typeof full !== 'boolean')
    throw new Error(`full must be true or false, got ${JSON.stringify(full)}`);
  return {
    ...(full === undefined ? {} : { full }),
    ...(backfill === undefined ? {} : { backfill: parseBackfill(backfill) }),
  };
}

/**
 * Reads the input that an execution starts with. What would be passed over in silence, a slip in a member or an app that there is
 * not, is refused here. `Comment` is what the console's first input holds, `AWS_…` what Step Functions adds.
 * @param apps Ids of the apps of the config.
 * @throws Error that names the member, the value and what is allowed.
 */
export function parseStart(value: unknown, apps: readonly string[]): ExecutionInput {
  const input = parseExecutionInput(value);
  const unknown = Object.keys(value ?? {}).find(
    (key) => !['full', 'backfill', 'Comment'].includes(key) && !key.startsWith('AWS_'),
  );
  if (unknown !== undefined)
    throw new Error(`unknown member ${JSON.stringify(unknown)}, allowed are full, backfill`);
  const app = input.backfill?.app_id;
  if (app !== undefined && !apps.includes(app))
    throw new Error(`unknown app ${JSON.stringify(app)}, allowed are ${apps.join(', ')}`);
  return input;
}

/** Reads a task of the state machine. @throws Error that names the member and the value. */
export function parseTask(value: unknown): BuildTask {
  const task = object(value, 'task');
  const table = TABLES.find((name) => name === task.table);
  if (table === undefined)
    throw new Error(`table must be one of ${TABLES.join(', ')}, got ${JSON.stringify(task.table)}`);
  const { funnel } = task;
  return {
    table,
    app_id: text(task, 'app_id'),
    ...(funnel === undefined ? {} : { funnel: text(task, 'funnel') }),
    event_date: day(task, 'event_date'),
    inputs: text(task, 'inputs'),
    ...(task.takes_over === undefined ? {} : { takes_over: text(task, 'takes_over') }),
  };
}

/** A member that must be a text. @throws Error that names it and the value got. */
export function text(container: Readonly<Record<string, unknown>>, name: string): string {
  const value = container[name];
  if (typeof value !== 'string' || value === '')
    throw new Error(`${name} must be a text, got ${JSON.stringify(value)}`);
  return value;
}

/** A value that must be an object. @throws Error that names it and the value got. */
export function object(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${name} must be an object, got ${JSON.stringify(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

function parseBackfill(value: unknown): Backfill {
  const backfill = object(value, 'backfill');
  const [from, to] = [day(backfill, 'from'), day(backfill, 'to')];
  if (from >= to) throw new Error(`backfill must end after its start, got from ${from} to ${to}`);
  return { app_id: text(backfill, 'app_id'), from, to };
}

function day(container: Readonly<Record<string, unknown>>, name: string): string {
  const value = text(container, name);
  if (!DAY.test(value) || Number.isNaN(Date.parse(value)))
    throw new Error(`${name} must be a day as 2026-11-21, got ${JSON.stringify(value)}`);
  return value;
}
