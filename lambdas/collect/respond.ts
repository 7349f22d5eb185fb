import type { HttpResponse } from '../runtime/http.ts';
import { HttpError } from '../runtime/http-error.ts';
import { logger } from '../runtime/logger.ts';
import { type Collector, type CollectRequest, collect, type Sinks } from './collect.ts';
import { protocols } from './protocols/protocols.ts';
import { answerService } from './services.ts';
import { withVisitor } from './visitor/answer.ts';

/**
 * Takes the events of a request and answers as its protocol does. HEAD is answered as GET, takes nothing and has no body.
 * @throws HttpError where the answer is a problem document.
 */
export async function respond(
  request: CollectRequest,
  collector: Collector,
  sinks: Sinks,
): Promise<HttpResponse> {
  if (request.method === 'HEAD') {
    const { statusCode, headers } = head({ ...request, method: 'GET' }, collector);
    return { statusCode, headers };
  }
  const service = collector.routes.serviceOf(request.method, request.path);
  if (service) return answerService(service, request, collector.keys);
  const route = collector.routes.of(request.method, request.path);
  const protocol = protocols[route.protocol];
  try {
    const collected = await collect(request, route, collector, sinks);
    return withVisitor(protocol.answer(collected), collected.visitor);
  } catch (error) {
    const answer = error instanceof HttpError ? protocol.answerError(error) : undefined;
    if (answer === undefined) throw error;
    // The client does not hear of it.
    if ((error as HttpError).status >= 500) logger.error('request failed', { error });
    return answer;
  }
}

function head(request: CollectRequest, { routes, keys }: Collector): HttpResponse {
  const service = routes.serviceOf(request.method, request.path);
  if (service) return answerService(service, request, keys);
  const { protocol } = routes.of(request.method, request.path);
  return protocols[protocol].answer({
    accepted: 0,
    refused: [],
    declined: 0,
    visitor: { cookies: [] },
  });
}
