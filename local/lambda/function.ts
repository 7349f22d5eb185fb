import { randomUUID } from 'node:crypto';
import { ExecutionEnvironment, InitError } from './environment.ts';
import type { FunctionLog } from './log.ts';
import { type FunctionError, type Outcome, PAYLOAD_LIMIT, runtimeError } from './protocol.ts';

/** A function of the template. */
export interface FunctionOptions {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly folder: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  /** All environment variables, those of the runtime included; asked for when an environment starts. */
  readonly variables: () => Readonly<Record<string, string>>;
  /** Names of the variables that the template sets. */
  readonly ownVariables: readonly string[];
  /** Invocations at the same time; more wait in line. */
  readonly concurrency: number;
  readonly log: FunctionLog;
}

interface Waiting {
  readonly payload: string;
  readonly resolve: (outcome: Outcome) => void;
}

/**
 * A function with its execution environments. As on Lambda an environment serves one invocation at a time and a new one
 * starts while invocations wait; unlike Lambda they wait in line, and are not throttled, once `concurrency` is reached.
 */
export class LambdaFunction {
  readonly options: FunctionOptions;
  #idle: ExecutionEnvironment[] = [];
  #all = new Set<ExecutionEnvironment>();
  #queue: Waiting[] = [];
  #starting = false;
  #stopped = false;

  constructor(options: FunctionOptions) {
    this.options = options;
  }

  /**
   * Starts the first environment.
   * @throws Error that names the function, what it threw while it loaded, and the variables that it was given.
   */
  async load(): Promise<void> {
    try {
      this.#idle.push(await this.#start());
    } catch (error) {
      const { name, ownVariables } = this.options;
      const given = ownVariables.length > 0 ? ownVariables.join(', ') : 'none';
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(
        `function ${name} fails while it loads: ${message} (environment variables that the template gives it: ${given})`,
        { cause: error },
      );
    }
  }

  /** Invokes it with an event as JSON text. */
  invoke(payload: string): Promise<Outcome> {
    if (payload.length > PAYLOAD_LIMIT / 4 && Buffer.byteLength(payload) > PAYLOAD_LIMIT)
      return Promise.resolve({ error: tooLarge(payload) });
    return new Promise((resolve) => {
      this.#queue.push({ payload, resolve });
      this.#dispatch();
    });
  }

  /** Ends all environments; invocations that run or wait get an error. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { resolve } of this.#queue.splice(0))
      resolve({ error: runtimeError('Runtime.ExitError', 'the local stack stops') });
    await Promise.all([...this.#all].map((environment) => environment.stop()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const environment = this.#idle.pop();
      if (!environment) break;
      if (environment.alive) void this.#run(environment, this.#queue.shift()!);
      else this.#all.delete(environment);
    }
    if (this.#queue.length > 0 && !this.#starting && this.#all.size < this.options.concurrency)
      void this.#grow();
  }

  async #grow(): Promise<void> {
    this.#starting = true;
    try {
      this.#idle.push(await this.#start());
    } catch (error) {
      // An environment that does not load answers the invocation that asked for it, as on Lambda.
      const failed =
        error instanceof InitError ? error.error : runtimeError('Runtime.Unknown', String(error));
      this.#queue.shift()?.resolve({ error: failed });
    } finally {
      this.#starting = false;
    }
    this.#dispatch();
  }

  async #start(): Promise<ExecutionEnvironment> {
    if (this.#stopped)
      throw new InitError(runtimeError('Runtime.ExitError', 'the local stack stops'));
    const { folder, handler, variables, memoryMiB, log } = this.options;
    const environment = new ExecutionEnvironment({
      folder,
      handler,
      variables: variables(),
      memoryMiB,
      log: (text, stream) => log.write(text, stream),
    });
    this.#all.add(environment);
    try {
      await environment.loaded;
    } catch (error) {
      this.#all.delete(environment);
      await environment.stop();
      throw error;
    }
    return environment;
  }

  async #run(environment: ExecutionEnvironment, { payload, resolve }: Waiting): Promise<void> {
    const { arn, timeoutMs, log } = this.options;
    const requestId = randomUUID();
    const outcome = await environment.invoke({
      payload,
      requestId,
      deadline: Date.now() + timeoutMs,
      functionArn: arn,
    });
    if (environment.alive) this.#idle.push(environment);
    else this.#all.delete(environment);
    if (outcome.error && !this.#stopped)
      log.failure(withDuration(outcome.error, timeoutMs), requestId);
    resolve(outcome.error ? { error: withDuration(outcome.error, timeoutMs) } : outcome);
    this.#dispatch();
  }
}

function withDuration(error: FunctionError, timeoutMs: number): FunctionError {
  if (error.errorType !== 'Sandbox.Timedout') return error;
  const seconds = (timeoutMs / 1000).toFixed(2);
  return { ...error, errorMessage: `${error.errorMessage} after ${seconds} seconds` };
}

function tooLarge(payload: string): FunctionError {
  return runtimeError(
    'RequestTooLargeException',
    `request must be smaller than ${PAYLOAD_LIMIT} bytes for the InvokeFunction operation, got ${Buffer.byteLength(payload)}`,
  );
}
