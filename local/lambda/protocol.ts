/** What a worker is told when it starts. */
export interface WorkerOptions {
  readonly folder: string;
  /** As in the template: `index.handler`. */
  readonly handler: string;
}

/** Main thread → worker: one invocation. The payload is JSON text, as on Lambda's runtime API. */
export interface InvocationMessage {
  readonly payload: string;
  readonly requestId: string;
  readonly deadline: number;
  readonly functionArn: string;
}

/** Worker → main thread: loaded, wrote to standard output, answered or failed; in the order in which it happened. */
export type WorkerMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'failed-to-load'; readonly error: FunctionError }
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: FunctionError };

/** A function's error as Lambda's Node.js runtime reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What became of an invocation. */
export type Outcome =
  | { readonly payload: string; readonly error?: undefined }
  | { readonly error: FunctionError };

/** Lambda's limit of a synchronous payload, request and response. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** An error without a stack, as Lambda itself makes them. */
export function runtimeError(errorType: string, errorMessage: string): FunctionError {
  return { errorType, errorMessage, trace: [] };
}

/** Whatever a function threw, as Lambda reports it. */
export function functionError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return runtimeError(typeof thrown, String(thrown));
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: (thrown.stack ?? '').split('\n'),
  };
}
