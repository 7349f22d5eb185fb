import { Worker } from 'node:worker_threads';
import type { FunctionError, InvocationMessage, Outcome, WorkerMessage } from './protocol.ts';
import { functionError, runtimeError } from './protocol.ts';

/** What an execution environment runs. */
export interface EnvironmentOptions {
  readonly folder: string;
  readonly handler: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  /** Takes what the function writes to standard output and standard error. */
  readonly log: (text: string, stream: 'stdout' | 'stderr') => void;
}

/** One execution environment of a function: a worker thread that answers one invocation at a time. */
export class ExecutionEnvironment {
  /** Rejects with the function's own error where it cannot be loaded. */
  readonly loaded: Promise<void>;
  readonly #log: EnvironmentOptions['log'];
  #worker: Worker;
  #ended = false;
  #answer: ((outcome: Outcome) => void) | undefined;
  #load: { resolve(): void; reject(error: InitError): void } | undefined;

  constructor({ folder, handler, variables, memoryMiB, log }: EnvironmentOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.loaded = promise;
    this.#log = log;
    this.#load = { resolve, reject };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { folder, handler },
      env: { ...variables },
      stdout: true,
      stderr: true,
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
    });
    // Standard output comes as messages; what bypasses the worker's own stream still comes here.
    this.#worker.stdout.setEncoding('utf8').on('data', (text: string) => log(text, 'stdout'));
    this.#worker.stderr.setEncoding('utf8').on('data', (text: string) => log(text, 'stderr'));
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error) => {
      // What goes wrong between two invocations has nobody else to tell it to.
      if (!this.#answer && !this.#load) log(`${error.stack ?? error}\n`, 'stderr');
      this.#end(functionError(error));
    });
    this.#worker.on('exit', (status) =>
      this.#end(
        runtimeError('Runtime.ExitError', `Runtime exited with error: exit status ${status}`),
      ),
    );
  }

  /** False once the worker is gone: timed out, out of memory, exited. */
  get alive(): boolean {
    return !this.#ended;
  }

  /** Runs one invocation; the caller sees to it that there is one at a time. */
  invoke(message: InvocationMessage): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#end(
          runtimeError('Sandbox.Timedout', `RequestId: ${message.requestId} Error: Task timed out`),
        );
        void this.#worker.terminate();
      }, message.deadline - Date.now());
      this.#answer = (outcome) => {
        clearTimeout(timer);
        this.#answer = undefined;
        resolve(outcome);
      };
      if (this.#ended)
        this.#answer({ error: runtimeError('Runtime.ExitError', 'the environment has ended') });
      else this.#worker.postMessage(message);
    });
  }

  /** Ends the worker, whatever it does. */
  async stop(): Promise<void> {
    this.#end(runtimeError('Runtime.ExitError', 'the local stack stops'));
    await this.#worker.terminate();
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'output') {
      this.#log(message.text, 'stdout');
      return;
    }
    if (message.kind === 'loaded') this.#load?.resolve();
    else if (message.kind === 'failed-to-load') this.#end(message.error);
    else if (message.kind === 'answer') this.#answer?.({ payload: message.payload });
    else this.#answer?.({ error: message.error });
    this.#load = undefined;
  }

  #end(error: FunctionError): void {
    this.#ended = true;
    this.#load?.reject(new InitError(error));
    this.#load = undefined;
    this.#answer?.({ error });
  }
}

/** A function that cannot be loaded. */
export class InitError extends Error {
  readonly error: FunctionError;

  constructor(error: FunctionError) {
    super(`${error.errorType}: ${error.errorMessage}`);
    this.name = 'InitError';
    this.error = error;
  }
}
