/** Runs inside a worker thread: Lambda's Node.js runtime for one function, one invocation at a time. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { InvocationMessage, WorkerMessage, WorkerOptions } from './protocol.ts';
import { functionError, PAYLOAD_LIMIT, runtimeError } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

const { folder, handler: handlerName } = workerData as WorkerOptions;
const send = (message: WorkerMessage): void => parentPort!.postMessage(message);

// By the way of the answers, so that what a function wrote is there before its answer is: the worker's own way keeps no order.
process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
  send({ kind: 'output', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
  const done = rest.find((one) => typeof one === 'function');
  if (done) queueMicrotask(() => done());
  return true;
};

async function loadHandler(): Promise<Handler> {
  const dot = handlerName.lastIndexOf('.');
  const [file, name] = [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
  const candidates = ['.mjs', '.js', '.cjs'].map((suffix) => path.join(folder, file + suffix));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`cannot find module ${file} in ${folder}: the bundle lacks it`);
  const module: Record<string, unknown> = await import(pathToFileURL(found).href);
  const handler = module[name];
  if (typeof handler !== 'function')
    throw new Error(`${handlerName} is not a function: ${file} exports ${Object.keys(module)}`);
  return handler as Handler;
}

function contextOf({ requestId, deadline, functionArn }: InvocationMessage): object {
  const { env } = process;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** As Lambda sets it: the time in hex, 24 hex digits, not sampled. */
function traceHeader(requestId: string): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`;
}

function answer(result: unknown): WorkerMessage {
  // Lambda answers null where a handler returns nothing.
  const payload = JSON.stringify(result) ?? 'null';
  if (Buffer.byteLength(payload) <= PAYLOAD_LIMIT) return { kind: 'answer', payload };
  const message = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`;
  return { kind: 'error', error: runtimeError('Function.ResponseSizeTooLarge', message) };
}

try {
  const handler = await loadHandler();
  parentPort!.on('message', async (message: InvocationMessage) => {
    process.env._X_AMZN_TRACE_ID = traceHeader(message.requestId);
    try {
      send(answer(await handler(JSON.parse(message.payload), contextOf(message))));
    } catch (thrown) {
      send({ kind: 'error', error: functionError(thrown) });
    }
  });
  send({ kind: 'loaded' });
} catch (thrown) {
  send({ kind: 'failed-to-load', error: functionError(thrown) });
}
