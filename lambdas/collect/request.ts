import type { EncodedBody } from './decode.ts';
import type { VisitorSignals } from './visitor/signals.ts';

/** A request to collect. */
export interface CollectRequest extends EncodedBody {
  readonly method: string;
  readonly path: string;
  /** The query, without `?`, as it came. */
  readonly query?: string;
  /** Header authorization. */
  readonly authorization?: string;
  /** Header origin. */
  readonly origin?: string;
  /** Header referer. */
  readonly referer?: string;
  /** Header content-type. */
  readonly contentType?: string;
  /** Header webhook-id: of a webhook's message, the same each time it is sent. */
  readonly webhookId?: string;
  /** Header host, with the port where it is not the protocol's own. */
  readonly host?: string;
  /** How the client reached us. */
  readonly protocol?: 'http' | 'https';
  readonly userAgent?: string;
  /** Header accept-language. */
  readonly acceptLanguage?: string;
  /** Header cloudfront-viewer-country. */
  readonly country?: string;
  /** What the headers say of the visitor's wishes; none where nobody sends them. */
  readonly signals?: VisitorSignals;
  /** Epoch ms. */
  readonly receivedAt: number;
}
