import { ExecutionAbortedError, ExecutionTimeoutError } from 'aws-local-stepfunctions';
import type { Definition } from './definition.ts';
import type { Execution, Executions } from './executions.ts';
import type { Task } from './tasks.ts';

/** An event of an execution's history. */
export interface HistoryEvent {
  readonly type: string;
  readonly timestamp: number;
  readonly state?: string;
  readonly detail?: unknown;
}

/** A state machine of the template. */
export interface MachineOptions {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly text: string;
  readonly definition: Definition;
  readonly tasks: ReadonlyMap<string, Task>;
}

type LogEvent = {
  readonly type: string;
  readonly timestamp: number;
  readonly state?: {
    readonly name: string;
    readonly type: string;
    readonly input?: unknown;
    readonly output?: unknown;
  };
  readonly Error?: string;
  readonly Cause?: unknown;
};

interface Running {
  readonly ended: Promise<Execution>;
  readonly abort: () => void;
}

/** Events of one execution's history that are kept. */
const KEPT_EVENTS = 2_000;
/** Executions whose history is kept; it is not on disk. */
const KEPT_HISTORIES = 20;

/** Runs executions of one state machine. */
export class LocalStateMachine {
  readonly options: MachineOptions;
  readonly #executions: Executions;
  readonly #running = new Map<string, Running>();
  readonly #histories = new Map<string, HistoryEvent[]>();

  constructor(options: MachineOptions, executions: Executions) {
    this.options = options;
    this.#executions = executions;
  }

  /** Starts an execution under a name that is free. */
  start(name: string, input: string, now: number): Execution {
    const { arn: machineArn } = this.options;
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const execution: Execution = {
      arn,
      machineArn,
      name,
      status: 'RUNNING',
      startedAt: now,
      input,
    };
    this.#executions.put(execution);
    const aborted = new AbortController();
    const run = this.options.definition.machine.run(JSON.parse(input), {
      overrides: { taskResourceLocalHandlers: this.#handlers(aborted.signal) },
      context: this.#context(execution),
    });
    this.#keepHistory(arn, run.eventLogs);
    const ended = run.result.then(
      (output) => this.#end(execution, { status: 'SUCCEEDED', output: JSON.stringify(output) }),
      (error: unknown) => this.#end(execution, failureOf(error)),
    );
    this.#running.set(arn, {
      ended,
      abort: () => {
        aborted.abort();
        run.abort();
      },
    });
    return execution;
  }

  /** Waits for the end of an execution that runs. */
  ended(arn: string): Promise<Execution> | undefined {
    return this.#running.get(arn)?.ended;
  }

  /** Aborts an execution; one that has ended is left alone. */
  async abort(arn: string): Promise<void> {
    const running = this.#running.get(arn);
    running?.abort();
    await running?.ended;
  }

  /** Aborts all. */
  async abortAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((arn) => this.abort(arn)));
  }

  /** Events of an execution of this process. */
  history(arn: string): readonly HistoryEvent[] {
    return this.#histories.get(arn) ?? [];
  }

  #end(execution: Execution, end: Partial<Execution>): Execution {
    const ended: Execution = { ...execution, ...end, stoppedAt: Date.now() };
    this.#executions.put(ended);
    this.#running.delete(execution.arn);
    return ended;
  }

  #handlers(signal: AbortSignal) {
    const handlers: Record<string, (input: unknown) => Promise<never>> = {};
    for (const [state, task] of this.options.tasks)
      handlers[state] = (input) => task(input, signal) as Promise<never>;
    return handlers;
  }

  #context({ arn, name, startedAt }: Execution) {
    const { arn: id, name: machine, roleArn } = this.options;
    const StartTime = new Date(startedAt).toISOString();
    return {
      Execution: { Id: arn, Name: name, RoleArn: roleArn, StartTime },
      StateMachine: { Id: id, Name: machine },
    };
  }

  #keepHistory(arn: string, events: AsyncGenerator<LogEvent>): void {
    const history: HistoryEvent[] = [];
    this.#histories.set(arn, history);
    for (const oldest of [...this.#histories.keys()].slice(0, -KEPT_HISTORIES))
      this.#histories.delete(oldest);
    const read = async () => {
      for await (const { type, timestamp, state, Error: error, Cause } of events) {
        if (history.length >= KEPT_EVENTS) continue;
        const detail = error === undefined ? (state?.output ?? state?.input) : { error, Cause };
        const name = state && { state: state.name };
        history.push({ type: eventType(type, state?.type), timestamp, ...name, detail });
      }
    };
    // The log of an aborted execution ends with an error; the execution itself says why.
    read().catch((error: unknown) =>
      history.push({ type: 'LogEnded', timestamp: 0, detail: error }),
    );
  }
}

/** AWS's name of an event: the interpreter's StateEntered is TaskStateEntered there, StateFailed is TaskFailed. */
function eventType(type: string, stateType: string | undefined): string {
  if (stateType === undefined) return type;
  if (type === 'StateFailed' && stateType === 'Task') return 'TaskFailed';
  return type.startsWith('State') ? `${stateType}${type}` : type;
}

function failureOf(error: unknown): Partial<Execution> {
  if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
  if (error instanceof ExecutionTimeoutError)
    return { status: 'TIMED_OUT', error: 'States.Timeout' };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return { status: 'FAILED', cause: String(cause) };
  return { status: 'FAILED', error: cause.name, cause: cause.message };
}
