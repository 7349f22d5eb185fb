import type { Config } from '../../core/config.ts';
import { ENVIRONMENT } from '../../core/environment.ts';
import { kinesis } from '../runtime/clients/kinesis.ts';
import { bundleConfig } from '../runtime/config.ts';
import { optionalString, requireString } from '../runtime/environment.ts';
import { httpHandler } from '../runtime/http.ts';
import { createCollector } from './collector.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { CountedSinks } from './counted-sinks.ts';
import { Delivery } from './delivery.ts';
import { RateLimits } from './rate-limit.ts';
import { respond } from './respond.ts';
import { signalsOf } from './visitor/signals.ts';

const destinations = {
  streamName: requireString(ENVIRONMENT.streamName),
  deadLetterStreamName: requireString(ENVIRONMENT.deadLetterStreamName),
  lakeBucket: requireString(ENVIRONMENT.lakeBucket),
};
const rateLimitsTable = requireString(ENVIRONMENT.rateLimitsTable);
const rateLimits = new RateLimits({
  // Loaded when the first count is told: little traffic never needs it.
  add: async (...counted) => {
    const { rateCounter } = await import('./rate-counter.ts');
    return rateCounter(rateLimitsTable).add(...counted);
  },
});
const collector = createCollector(
  bundleConfig<Config>(),
  (sender) => rateLimits.admit(sender),
  optionalString(ENVIRONMENT.hashKey),
);
const namespace = requireString(ENVIRONMENT.metricsNamespace);

/** Takes events over HTTP. */
export const handler = httpHandler(
  async (request, context) => {
    const { method, path } = request.requestContext.http;
    const { headers } = request;
    if (method === 'OPTIONS') {
      const asked = headers['access-control-request-headers'];
      return { statusCode: 204, headers: preflightHeaders(asked) };
    }
    const receivedAt = Date.now();
    const delivery = new Delivery(kinesis(), destinations, context.getRemainingTimeInMillis());
    const answer = respond(
      {
        method,
        path: request.rawPath ?? path,
        query: request.rawQueryString,
        authorization: headers.authorization,
        origin: headers.origin,
        referer: headers.referer,
        host: headers.host,
        protocol: headers['x-forwarded-proto'] === 'http' ? 'http' : 'https',
        userAgent: headers['user-agent'],
        acceptLanguage: headers['accept-language'],
        country: headers['cloudfront-viewer-country'],
        signals: signalsOf(request),
        contentType: headers['content-type'],
        contentEncoding: headers['content-encoding'],
        webhookId: headers['webhook-id'],
        body: request.body,
        isBase64Encoded: request.isBase64Encoded,
        receivedAt,
      },
      collector,
      new CountedSinks(delivery, { namespace, receivedAt }),
    );
    // Counts travel while the events are stored.
    return answer.finally(() => rateLimits.settled());
  },
  { headers: (request) => corsHeaders(request.headers.origin, collector.keys) },
);
