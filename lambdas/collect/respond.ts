import type { HttpResponse } from '../runtime/http.ts';
import { HttpError } from '../runtime/http-error.ts';
import { type Collector, type CollectRequest, collect, type Sinks } from './collect.ts';
import { protocols } from './protocols/protocols.ts';

/**
 * Takes the events of a request and answers as its protocol does.
 * @throws HttpError where the answer is a problem document.
 */
export async function respond(
  request: CollectRequest,
  collector: Collector,
  sinks: Sinks,
): Promise<HttpResponse> {
  const route = collector.routes.of(request.method, request.path);
  const protocol = protocols[route.protocol];
  try {
    return protocol.answer(await collect(request, route, collector, sinks));
  } catch (error) {
    const answer = error instanceof HttpError ? protocol.answerError(error) : undefined;
    if (answer === undefined) throw error;
    return answer;
  }
}
