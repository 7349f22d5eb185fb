import type { Config } from '../../core/config.ts';
import { ENVIRONMENT } from '../../core/environment.ts';
import { kinesis } from '../runtime/clients/kinesis.ts';
import { bundleConfig } from '../runtime/config.ts';
import { requireString } from '../runtime/environment.ts';
import { httpHandler } from '../runtime/http.ts';
import { createCollector } from './collector.ts';
import { corsHeaders, PREFLIGHT_HEADERS } from './cors.ts';
import { Delivery } from './delivery.ts';
import { respond } from './respond.ts';

const destinations = {
  streamName: requireString(ENVIRONMENT.streamName),
  deadLetterStreamName: requireString(ENVIRONMENT.deadLetterStreamName),
  lakeBucket: requireString(ENVIRONMENT.lakeBucket),
};
const collector = createCollector(bundleConfig<Config>());

/** Takes events over HTTP. */
export const handler = httpHandler(
  async (request, context) => {
    const { method, path } = request.requestContext.http;
    if (method === 'OPTIONS') return { statusCode: 204, headers: PREFLIGHT_HEADERS };
    const { headers } = request;
    return respond(
      {
        method,
        path: request.rawPath ?? path,
        query: request.rawQueryString,
        authorization: headers.authorization,
        origin: headers.origin,
        userAgent: headers['user-agent'],
        acceptLanguage: headers['accept-language'],
        country: headers['cloudfront-viewer-country'],
        contentEncoding: headers['content-encoding'],
        body: request.body,
        isBase64Encoded: request.isBase64Encoded,
        receivedAt: Date.now(),
      },
      collector,
      new Delivery(kinesis(), destinations, context.getRemainingTimeInMillis()),
    );
  },
  { headers: (request) => corsHeaders(request.headers.origin, collector.keys) },
);
