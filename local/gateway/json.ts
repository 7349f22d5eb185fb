import { randomUUID } from 'node:crypto';
import type { Caller, JsonService, Operation } from '../service.ts';
import { ServiceError } from '../service.ts';
import type { AnyResponse } from './port.ts';

/** An operation of a JSON service as a request names it. */
export interface JsonCall {
  readonly service: JsonService;
  readonly name: string;
  readonly run: Operation;
}

/**
 * Finds the operation of an X-Amz-Target.
 * @throws ServiceError UnknownOperationException (501) that says what is implemented.
 */
export function findOperation(target: string, services: readonly JsonService[]): JsonCall {
  const dot = target.lastIndexOf('.');
  const [prefix, name] = [target.slice(0, dot), target.slice(dot + 1)];
  const service = services.find((candidate) => candidate.target === prefix);
  if (service === undefined) {
    const known = services.map((candidate) => candidate.target).join(', ');
    throw new ServiceError(
      'UnknownOperationException',
      `NotImplemented: no local service has the target ${target}; there are ${known}`,
      501,
    );
  }
  const run = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (run === undefined) {
    const known = Object.keys(service.operations).sort().join(', ');
    throw new ServiceError(
      'UnknownOperationException',
      `NotImplemented: ${name} of ${prefix} is not implemented locally; implemented are ${known}`,
      501,
    );
  }
  return { service, name, run };
}

/** Parses a JSON body. @throws ServiceError SerializationException */
export function parseInput(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ServiceError('SerializationException', `the body is not JSON: ${error}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('SerializationException', 'the body must be a JSON object');
  }
  return value as Record<string, unknown>;
}

/** Runs an operation. */
export async function runOperation(call: JsonCall, body: Buffer, caller: Caller): Promise<string> {
  return JSON.stringify(await call.run(parseInput(body), caller));
}

/** Answers as AWS's JSON services do. */
export function sendJson(response: AnyResponse, status: number, type: string, body: string): void {
  const bytes = Buffer.from(body);
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('content-length', bytes.length);
  response.setHeader('x-amzn-requestid', randomUUID());
  response.end(bytes);
}

/** Answers an error in the JSON services' shape. */
export function sendJsonError(response: AnyResponse, error: ServiceError, type: string): void {
  response.setHeader('x-amzn-errortype', error.code);
  sendJson(
    response,
    error.status,
    type,
    JSON.stringify({ __type: error.code, message: error.message, Message: error.message }),
  );
}
