import type { Functions } from '../lambda/functions.ts';
import { type Caller, type JsonService, ServiceError } from '../service.ts';
import { isRecord, text } from '../template/values.ts';

/** What a task may be bound to. */
export interface TaskTargets {
  readonly functions: Functions;
  /** Services by the name that stands in a task's resource, as athena. */
  readonly services: Readonly<Record<string, JsonService>>;
  /** Makes each call of a service: injects faults around it. */
  readonly around: <T>(
    service: string,
    operation: string,
    caller: Caller,
    call: () => Promise<T>,
  ) => Promise<T>;
}

/** Runs one task. */
export type Task = (input: unknown, signal: AbortSignal) => Promise<unknown>;

/** Step Functions' limit of a task's input and of its result. */
const DATA_LIMIT = 256 * 1024;
/** Asking within the process costs next to nothing. */
const POLL_MS = 4;
const LONGEST_POLL_MS = 500;

/** A task's failure under the name that Retry and Catch know it by. */
export class TaskError extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  /** @param cause goes into the error output's Cause as it is */
  constructor(name: string, cause: string, caught = true) {
    super(cause);
    this.name = name;
    this.isRetryable = caught;
    this.isCatchable = caught;
  }
}

/**
 * The task of a resource: a function's ARN, a service integration, or `aws-sdk:<service>:<action>`.
 * @throws Error that names the resource where it is none of these.
 */
export function bindTask(resource: string, targets: TaskTargets, caller: Caller): Task {
  const run = bind(resource, targets, caller);
  return async (input, signal) => {
    limit(input, 'input');
    const output = await run(input, signal);
    limit(output, 'result');
    return output;
  };
}

function bind(resource: string, targets: TaskTargets, caller: Caller): Task {
  if (resource.startsWith('arn:aws:lambda:')) {
    if (!targets.functions.has(resource))
      throw new Error(`${resource} is no function of the template`);
    return (input) => invoke(resource, input, targets, caller);
  }
  const integration = resource.replace(/^arn:aws:states:[^:]*:[^:]*:/, '');
  if (integration === 'lambda:invoke')
    return async (input) => {
      const { FunctionName, Payload } = parameters(input);
      const name = text(FunctionName, 'FunctionName');
      const answer = await invoke(name, Payload ?? {}, targets, caller);
      return { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 };
    };
  if (integration === 'athena:startQueryExecution.sync')
    return (input, signal) => runQuery(parameters(input), signal, targets, caller);
  const [service = '', action = ''] = integration.replace(/^aws-sdk:/, '').split(':');
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  if (targets.services[service]?.operations[operation])
    return (input) => call(service, operation, parameters(input), targets, caller);
  const known = Object.keys(targets.services)
    .map((name) => `aws-sdk:${name}`)
    .join(', ');
  throw new Error(
    `${resource} is not implemented on one machine; known: functions by ARN, lambda:invoke, athena:startQueryExecution.sync, operations of ${known}`,
  );
}

async function invoke(
  functionName: string,
  input: unknown,
  targets: TaskTargets,
  caller: Caller,
): Promise<unknown> {
  try {
    const { error, ...answer } = await targets.around('lambda', 'Invoke', caller, async () =>
      targets.functions.invoke(functionName, JSON.stringify(input), caller),
    );
    if (error) throw new TaskError(error.errorType, JSON.stringify(error));
    return JSON.parse('payload' in answer ? String(answer.payload) : 'null');
  } catch (error) {
    throw named('Lambda', error);
  }
}

async function call(
  service: string,
  operation: string,
  input: Record<string, unknown>,
  { services, around }: TaskTargets,
  caller: Caller,
): Promise<Record<string, unknown>> {
  try {
    const run = services[service]?.operations[operation];
    if (!run) throw new Error(`${service} has no operation ${operation} on one machine`);
    const output = await around(service, operation, caller, async () => run(input, caller));
    return isRecord(output) ? output : {};
  } catch (error) {
    throw named(service.charAt(0).toUpperCase() + service.slice(1), error);
  }
}

/** Starts a query and waits for its end; a query that an aborted execution leaves behind is stopped. */
async function runQuery(
  input: Record<string, unknown>,
  signal: AbortSignal,
  targets: TaskTargets,
  caller: Caller,
): Promise<unknown> {
  const { QueryExecutionId } = await call('athena', 'StartQueryExecution', input, targets, caller);
  const id = { QueryExecutionId };
  for (let wait = POLL_MS; ; wait = Math.min(wait * 1.2, LONGEST_POLL_MS)) {
    const { QueryExecution } = await call('athena', 'GetQueryExecution', id, targets, caller);
    const status = isRecord(QueryExecution) ? QueryExecution.Status : undefined;
    const state = isRecord(status) ? status.State : undefined;
    if (state === 'SUCCEEDED') return { QueryExecution };
    if (state === 'FAILED' || state === 'CANCELLED')
      throw new TaskError('States.TaskFailed', JSON.stringify(QueryExecution));
    if (signal.aborted) {
      await call('athena', 'StopQueryExecution', id, targets, caller);
      throw new TaskError('States.Runtime', 'the execution was aborted');
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Step Functions puts the service's name before the exception's. */
function named(service: string, error: unknown): Error {
  if (error instanceof ServiceError)
    return new TaskError(`${service}.${error.code}`, error.message);
  return error instanceof Error ? error : new Error(String(error));
}

function parameters(input: unknown): Record<string, unknown> {
  if (isRecord(input)) return input;
  throw new TaskError('States.Runtime', `Parameters must be an object, got ${typeof input}`, false);
}

function limit(value: unknown, what: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes <= DATA_LIMIT) return;
  throw new TaskError(
    'States.DataLimitExceeded',
    `the task's ${what} has ${bytes} bytes, more than ${DATA_LIMIT}`,
    false,
  );
}
