import type { Takes } from '../../../core/collect-routes.ts';
import type { HttpResponse } from '../../runtime/http.ts';
import type { HttpError } from '../../runtime/http-error.ts';
import type { Sender, WriteKeys } from '../authenticate.ts';
import type { Collected } from '../collected.ts';
import type { DecodedBody } from '../decode.ts';
import type { CollectRequest } from '../request.ts';
import type { SplitRequest } from '../split.ts';

/** What a body is read with, beside itself. */
export interface SplitFacts {
  readonly request: CollectRequest;
  readonly keys: WriteKeys;
  /** Makes a message id. */
  readonly newId: () => string;
}

/**
 * How a kind of client sends events: what is read from its requests, and how it is answered. Behind it all events are calls of
 * the Segment shape, so that checks, privacy, enrichment and the record are the same for all.
 */
export interface Protocol {
  /** The write key outside of the calls: a header or a parameter. */
  keyOf(request: CollectRequest): string | undefined;
  /**
   * Who sends with this key.
   * @param key Undefined where none came.
   * @throws UnauthorizedError where nobody does.
   */
  senderOf(key: string | undefined, keys: WriteKeys): Sender;
  /**
   * The JSON text that holds the calls.
   * @throws HttpError where it cannot be unpacked.
   */
  textOf(request: CollectRequest): DecodedBody | Promise<DecodedBody>;
  /**
   * The calls of a body. Where a call names its own key, it stands in `writeKey` of its value.
   * @throws RefusedRequestError where the body is none of this protocol.
   */
  split(takes: Takes, text: string, body: unknown, facts: SplitFacts): SplitRequest;
  /**
   * Whose an event is that names nobody, where no cookie knows its visitor. `newcomer`: each is somebody of its own, rather than
   * all of them one person. Default: it is refused.
   */
  readonly namesNobody?: 'newcomer';
  /**
   * A body's text with one refused call in it, as the client could have sent it: what a dead letter kept is sent again so.
   */
  wrap(
    takes: Takes,
    call: string,
    shared: { readonly sentAt?: unknown; readonly context?: unknown },
  ): string;
  /** Answers a request whose accepted events and dead letters are stored. */
  answer(collected: Collected): HttpResponse;
  /** Answers a request that failed; undefined for a problem document with the error's status. */
  answerError(error: HttpError): HttpResponse | undefined;
}
