import type { RestReply, RestService } from '../gateway/gateway.ts';
import type { AnyRequest } from '../gateway/port.ts';
import { query } from '../gateway/request.ts';
import { type Caller, ServiceError } from '../service.ts';
import type { Functions } from './functions.ts';
import { PAYLOAD_LIMIT } from './protocol.ts';

/** POST /2015-03-31/functions/{name}/invocations. */
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** What Lambda gives a function that is invoked without a payload. */
const NO_PAYLOAD = '{}';

/**
 * Lambda's Invoke over HTTP.
 * @param terminal takes errors of invocations that nobody waits for.
 */
export function invokeEndpoint(
  functions: Functions,
  terminal: (line: string) => void,
): RestService {
  return {
    operationOf: (request) => {
      if (request.method === 'POST' && INVOCATIONS.test(pathOf(request))) return 'Invoke';
      throw notImplemented(`${request.method} ${pathOf(request)}; Invoke is served`);
    },
    handle: (request, body, caller) => invoke(functions, terminal, request, body, caller),
  };
}

async function invoke(
  functions: Functions,
  terminal: (line: string) => void,
  request: AnyRequest,
  body: Buffer,
  caller: Caller,
): Promise<RestReply> {
  const name = decodeURIComponent(INVOCATIONS.exec(pathOf(request))?.[1] ?? '');
  refuseOthers(request);
  const payload = payloadOf(body);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') {
    caller.authorize('lambda:InvokeFunction', functions.get(name).options.arn);
    return { status: 204, headers: {}, body: '' };
  }
  if (type === 'Event') {
    // Refused here and now where it may not run; what it does later is nobody's answer.
    functions.invoke(name, payload, caller).then(
      ({ error }) => error && terminal(`${name}: ${error.errorType}: ${error.errorMessage}`),
      (error: unknown) => terminal(`${name}: ${error}`),
    );
    return { status: 202, headers: {}, body: '' };
  }
  if (type !== 'RequestResponse') {
    const message = `InvocationType must be RequestResponse, Event or DryRun, got ${type}`;
    throw new ServiceError('InvalidParameterValueException', message);
  }
  const outcome = await functions.invoke(name, payload, caller);
  const headers = { 'x-amz-executed-version': '$LATEST' };
  if (outcome.error === undefined) return { status: 200, headers, body: outcome.payload };
  return {
    status: 200,
    headers: { ...headers, 'x-amz-function-error': 'Unhandled' },
    body: JSON.stringify(outcome.error),
  };
}

function refuseOthers(request: AnyRequest): void {
  const qualifier = query(request).get('Qualifier');
  if (qualifier !== null && qualifier !== '$LATEST') {
    throw notImplemented(`Qualifier ${qualifier}; functions have the version $LATEST only`);
  }
  const { 'x-amz-log-type': logType, 'x-amz-client-context': context } = request.headers;
  if (logType === 'Tail') throw notImplemented('LogType Tail; the log is a file, see <data>/logs');
  if (context !== undefined) throw notImplemented('ClientContext');
}

function payloadOf(body: Buffer): string {
  if (body.length === 0) return NO_PAYLOAD;
  if (body.length > PAYLOAD_LIMIT) {
    throw new ServiceError(
      'RequestTooLargeException',
      `Request must be smaller than ${PAYLOAD_LIMIT} bytes for the InvokeFunction operation, got ${body.length}`,
      413,
    );
  }
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
  } catch (cause) {
    const message = `Could not parse request body into json: ${(cause as SyntaxError).message}`;
    throw new ServiceError('InvalidRequestContentException', message);
  }
  return text;
}

function pathOf(request: AnyRequest): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function notImplemented(what: string): ServiceError {
  return new ServiceError('UnknownOperationException', `NotImplemented: ${what}`, 501);
}
