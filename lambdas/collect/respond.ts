import type { HttpResponse } from '../runtime/http.ts';
import { HttpError } from '../runtime/http-error.ts';
import { logger } from '../runtime/logger.ts';
import { type Collector, collect } from './collect.ts';
import { protocols } from './protocols/protocols.ts';
import type { CollectRequest } from './request.ts';
import { answerService } from './services.ts';
import type { Sinks } from './sinks.ts';
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
  const route = collector.routes.find(request.method, request.path);
  if (route === undefined) return answerOther(request, collector);
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

/** Paths that take events are found at once, others are looked through: most requests have events. */
function answerOther(request: CollectRequest, { routes, keys }: Collector): HttpResponse {
  return answerService(routes.serviceOf(request.method, request.path), request, keys);
}

function head(request: CollectRequest, collector: Collector): HttpResponse {
  const route = collector.routes.find(request.method, request.path);
  if (route === undefined) return answerOther(request, collector);
  return protocols[route.protocol].answer({
    accepted: 0,
    refused: [],
    declined: 0,
    visitor: { cookies: [] },
  });
}
