import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { type FaultCall, Faults, parseFaults } from '../faults.ts';
import type { S3Endpoint } from '../s3/rest.ts';
import { type Caller, type JsonService, ServiceError } from '../service.ts';
import { findOperation, parseInput, runOperation, sendJson, sendJsonError } from './json.ts';
import { type AnyRequest, type AnyResponse, createPort } from './port.ts';
import { isHttp2, readBody, replay, signerOf } from './request.ts';

const JSON_TYPE = 'application/x-amz-json-1.1';

/** A service that brings a whole request listener, as dynalite does. */
export interface RawService {
  /** Checks a call against the caller's policies before the listener sees it. */
  authorize(
    operation: string,
    input: Record<string, unknown>,
    caller: Caller,
  ): void | Promise<void>;
  readonly listener: RequestListener;
}

/** A service that speaks REST with JSON, as Lambda does. */
export interface RestService {
  /**
   * The operation that a request calls.
   * @throws ServiceError UnknownOperationException (501) where it is not implemented.
   */
  operationOf(request: AnyRequest): string;
  /** Does it. Throws ServiceError. */
  handle(request: AnyRequest, body: Buffer, caller: Caller): Promise<RestReply>;
}

/** Answer of a REST service. */
export interface RestReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the gateway serves. */
export interface GatewayOptions {
  readonly services: readonly JsonService[];
  readonly s3: S3Endpoint;
  /** By the part of X-Amz-Target before the dot, as DynamoDB_20120810. */
  readonly raw?: Readonly<Record<string, RawService>>;
  /** By the service of the SigV4 scope, as lambda. */
  readonly rest?: Readonly<Record<string, RestService>>;
  /** The caller of an access key id; see createCallers. */
  readonly callers: (accessKeyId: string) => Caller;
  readonly faults?: Faults;
}

/** The one port that speaks all AWS protocols. */
export interface Gateway {
  /** Listens on loopback; port 0 takes a free one. @returns the endpoint URL */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

const SERVICE_NAMES: Readonly<Record<string, string>> = {
  Kinesis_20131202: 'kinesis',
  Firehose_20150804: 'firehose',
  AmazonAthena: 'athena',
  AWSGlue: 'glue',
  DynamoDB_20120810: 'dynamodb',
  GraniteServiceVersion20100801: 'cloudwatch',
  Logs_20140328: 'logs',
  AWSStepFunctions: 'states',
};

/** Makes the gateway; it serves once it listens. */
export function createGateway(options: GatewayOptions): Gateway {
  const faults = options.faults ?? new Faults();
  return createPort((request, response) => {
    route(request, response, options, faults).catch((error: unknown) => {
      // Nothing can be answered any more: the response broke while it was sent.
      if (!response.destroyed) response.destroy();
      if (!isDisconnect(error)) console.error('gateway:', error);
    });
  });
}

async function route(
  request: AnyRequest,
  response: AnyResponse,
  options: GatewayOptions,
  faults: Faults,
): Promise<void> {
  if (request.url === '/_local/faults') return control(request, response, faults);
  const signer = signerOf(request);
  const caller = options.callers(signer.accessKeyId);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return json(request, response, target, { caller, options, faults });
  }
  if (signer.service === null || signer.service === 's3') {
    return s3(request, response, { caller, options, faults });
  }
  const named = options.rest?.[signer.service];
  if (named !== undefined) {
    return rest(request, response, signer.service, named, { caller, options, faults });
  }
  const wanted = request.headers['smithy-protocol'] ?? request.headers['content-type'] ?? 'none';
  const error = new ServiceError(
    'UnknownOperationException',
    `NotImplemented: ${signer.service} with protocol ${wanted}; JSON with X-Amz-Target is served, and REST of ${['s3', ...Object.keys(options.rest ?? {})].join(', ')}`,
    501,
  );
  sendJsonError(response, error, JSON_TYPE);
}

interface Circumstances {
  readonly caller: Caller;
  readonly options: GatewayOptions;
  readonly faults: Faults;
}

async function json(
  request: AnyRequest,
  response: AnyResponse,
  target: string,
  { caller, options, faults }: Circumstances,
): Promise<void> {
  const prefix = target.slice(0, target.lastIndexOf('.'));
  const raw = options.raw?.[prefix];
  const type = raw === undefined ? contentType(prefix, options) : 'application/x-amz-json-1.0';
  const call: FaultCall = {
    service: SERVICE_NAMES[prefix] ?? prefix,
    operation: target.slice(prefix.length + 1),
    principal: caller.principal,
  };
  try {
    const body = await readBody(request);
    await faults.before(call);
    if (raw !== undefined) {
      await raw.authorize(call.operation, parseInput(body), caller);
      return passOn(request, response, raw, body, () => faults.after(call));
    }
    const answer = await runOperation(findOperation(target, options.services), body, caller);
    if (faults.after(call) === 'disconnect') return disconnect(request);
    sendJson(response, 200, type, answer);
  } catch (error) {
    sendJsonError(response, asServiceError(error, target), type);
  }
}

async function s3(
  request: AnyRequest,
  response: AnyResponse,
  { caller, options, faults }: Circumstances,
): Promise<void> {
  const { s3 } = options;
  try {
    const asked = s3.identify(request);
    const call = { service: 's3', operation: asked.operation, principal: caller.principal };
    await faults.before(call);
    const reply = await s3.handle(asked, request, caller);
    if (faults.after(call) === 'disconnect') return disconnect(request);
    await s3.send(response, reply);
  } catch (error) {
    if (response.headersSent) throw error;
    await s3.sendError(response, asServiceError(error, `S3 ${request.method} ${request.url}`));
  }
}

async function rest(
  request: AnyRequest,
  response: AnyResponse,
  service: string,
  endpoint: RestService,
  { caller, faults }: Circumstances,
): Promise<void> {
  try {
    const operation = endpoint.operationOf(request);
    const call = { service, operation, principal: caller.principal };
    const body = await readBody(request);
    await faults.before(call);
    const reply = await endpoint.handle(request, body, caller);
    if (faults.after(call) === 'disconnect') return disconnect(request);
    for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
    sendJson(response, reply.status, 'application/json', reply.body);
  } catch (error) {
    const what = `${service} ${request.method} ${request.url}`;
    sendJsonError(response, asServiceError(error, what), 'application/json');
  }
}

/** Hands a request to a listener of its own; its answer is held back where a fault is to strike after it. */
function passOn(
  request: AnyRequest,
  response: AnyResponse,
  raw: RawService,
  body: Buffer,
  after: () => 'answer' | 'disconnect',
): void {
  if (isHttp2(request) || !(response instanceof ServerResponse)) {
    throw new ServiceError(
      'UnknownOperationException',
      'NotImplemented: HTTP/2 for this service',
      501,
    );
  }
  const end = response.end.bind(response);
  response.end = ((...given: Parameters<typeof end>) => {
    if (after() === 'answer') return end(...given);
    disconnect(request);
    return response;
  }) as typeof response.end;
  raw.listener(replay(request, body), response as ServerResponse & { req: IncomingMessage });
}

async function control(request: AnyRequest, response: AnyResponse, faults: Faults): Promise<void> {
  const type = 'application/json';
  try {
    if (request.method === 'POST') faults.set(parseFaults((await readBody(request)).toString()));
    else if (request.method === 'DELETE') faults.clear();
    sendJson(response, 200, type, JSON.stringify(faults.list()));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    sendJson(response, 400, type, JSON.stringify({ message }));
  }
}

function contentType(prefix: string, options: GatewayOptions): string {
  return options.services.find((service) => service.target === prefix)?.contentType ?? JSON_TYPE;
}

function asServiceError(error: unknown, what: string): ServiceError {
  if (error instanceof ServiceError) return error;
  console.error(`${what}:`, error);
  const message = error instanceof Error ? error.message : String(error);
  return new ServiceError('InternalFailure', `${what}: ${message}`, 500);
}

function disconnect(request: AnyRequest): void {
  if (isHttp2(request)) request.stream.session?.destroy();
  else request.socket.destroy();
}

function isDisconnect(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ERR_HTTP2_INVALID_STREAM'
  );
}
