import type { ServiceName } from '../../core/collect-routes.ts';
import { type HttpResponse, jsonResponse } from '../runtime/http.ts';
import { NotFoundError, UnauthorizedError } from '../runtime/http-error.ts';
import { checkOrigin, missingKey, type Sender, type WriteKeys } from './authenticate.ts';
import { segment } from './protocols/segment.ts';
import type { CollectRequest } from './request.ts';
import type { ServiceMatch } from './routes.ts';

/** Seconds that browsers may keep a client's settings. */
const SETTINGS_SECONDS = 300;

type Answer = (request: CollectRequest, match: ServiceMatch, keys: WriteKeys) => HttpResponse;

const ANSWERS: Readonly<Record<ServiceName, Answer>> = {
  'segment-settings': segmentSettings,
  'rudderstack-settings': rudderstackSettings,
  // What Segment's browser client counts about itself: nobody here wants to know.
  telemetry: () => jsonResponse(200, { success: true }),
  health: () => plainText('ok'),
  robots: () => plainText('User-agent: *\nDisallow: /\n'),
};

/**
 * Answers what clients ask beside sending events.
 * @throws HttpError 401 or 404 for a key that is not known, 403 for an origin that its app does not list.
 */
export function answerService(
  match: ServiceMatch,
  request: CollectRequest,
  keys: WriteKeys,
): HttpResponse {
  return ANSWERS[match.route.service](request, match, keys);
}

/**
 * What Segment's browser client asks before it starts. One integration only: it would look for the script of any other.
 * Without `metrics` it would send its own counts to Segment.
 */
function segmentSettings(
  { host = '', protocol = 'https', path, origin }: CollectRequest,
  { writeKey = '' }: ServiceMatch,
  keys: WriteKeys,
): HttpResponse {
  checkOrigin(projectOf(writeKey, keys).app, origin);
  const base = path.slice(0, path.lastIndexOf('/projects/'));
  const apiHost = `${host}${base}`;
  return settings({
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost, protocol } },
    metrics: { sampleRate: 0, host: apiHost, protocol },
  });
}

function projectOf(writeKey: string, keys: WriteKeys): Sender {
  try {
    return keys.senderOf(writeKey);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    throw new NotFoundError('unknown_write_key', 'the write key is not known', { cause: error });
  }
}

/** What RudderStack's browser and mobile clients ask before they start: no destinations, no reports about themselves. */
function rudderstackSettings(
  request: CollectRequest,
  _: ServiceMatch,
  keys: WriteKeys,
): HttpResponse {
  const key = segment.keyOf(request);
  if (key === undefined) throw missingKey();
  checkOrigin(keys.senderOf(key).app, request.origin);
  return settings({
    source: {
      id: key,
      name: key,
      writeKey: key,
      enabled: true,
      updatedAt: '1970-01-01T00:00:00.000Z',
      config: {
        statsCollection: { errors: { enabled: false }, metrics: { enabled: false } },
      },
      dataplanes: {},
      destinations: [],
    },
  });
}

function settings(body: unknown): HttpResponse {
  return jsonResponse(200, body, { 'cache-control': `private, max-age=${SETTINGS_SECONDS}` });
}

function plainText(body: string): HttpResponse {
  return { statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
