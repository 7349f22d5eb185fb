import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** States of an execution. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One execution of a state machine. */
export interface Execution {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly stoppedAt?: number;
  /** JSON text. */
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Executions kept over a restart. */
const KEPT = 1000;

/** Executions in a file of JSON lines: the last line of an execution counts. */
export class Executions {
  readonly #file: string;
  readonly #byArn = new Map<string, Execution>();

  /** Reads the file; executions that ran when the process died are gone, and marked so. */
  constructor(folder: string, now: number) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, 'executions.jsonl');
    if (existsSync(this.#file))
      for (const line of readFileSync(this.#file, 'utf8').split('\n')) this.#read(line);
    const kept = [...this.#byArn.values()].slice(-KEPT).map((execution) =>
      execution.status === 'RUNNING'
        ? {
            ...execution,
            status: 'ABORTED' as const,
            stoppedAt: now,
            error: 'Local.Restarted',
            cause: 'the local stack ended while the execution ran',
          }
        : execution,
    );
    this.#byArn.clear();
    for (const execution of kept) this.#byArn.set(execution.arn, execution);
    const next = `${this.#file}.next`;
    writeFileSync(next, kept.map((execution) => `${JSON.stringify(execution)}\n`).join(''));
    renameSync(next, this.#file);
  }

  get(arn: string): Execution | undefined {
    return this.#byArn.get(arn);
  }

  /** Keeps the newest state of an execution, on disk before it returns. */
  put(execution: Execution): void {
    this.#byArn.set(execution.arn, execution);
    appendFileSync(this.#file, `${JSON.stringify(execution)}\n`);
  }

  /** Executions of a machine, newest first. */
  list(machineArn: string): Execution[] {
    return [...this.#byArn.values()].filter((one) => one.machineArn === machineArn).reverse();
  }

  #read(line: string): void {
    if (line === '') return;
    try {
      const execution = JSON.parse(line) as Execution;
      this.#byArn.set(execution.arn, execution);
    } catch (error) {
      // A kill in the middle of a write leaves a part of the last line: that change is lost, the line before it counts.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
}
