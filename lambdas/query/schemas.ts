import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../core/config.ts';
import { schemaFolder } from '../../core/schema-folder.ts';
import { shownValue } from '../../core/shown-value.ts';
import { type HttpRequest, type HttpResponse, jsonResponse } from '../runtime/http.ts';
import { HttpError, NotFoundError } from '../runtime/http-error.ts';
import { authorizeAnyKey } from './authorize.ts';
import { InvalidParameterError } from './parameters.ts';

/** Schemas of events by event and version, the oldest first. */
export type Schemas = Readonly<Record<string, Readonly<Record<string, object>>>>;

const CACHED = { 'cache-control': 'private, max-age=60' };

let read: Schemas | undefined;

/** The schemas of this deployment: schemas.json beside the bundle, read once. */
export function bundledSchemas(): Schemas {
  read ??= JSON.parse(readFileSync(join(import.meta.dirname, 'schemas.json'), 'utf8')) as Schemas;
  return read;
}

/** Whether a request asks for schemas. */
export function asksForSchemas({ rawPath }: HttpRequest): boolean {
  return /^\/v1\/schemas(\/|$)/.test(rawPath);
}

/**
 * Answers GET /v1/schemas and GET /v1/schemas/{event}/{version}. Any key of any app will do, one that writes too: schemas tell
 * shapes, no data.
 * @throws HttpError
 */
export function respondWithSchemas(
  request: HttpRequest,
  apps: readonly App[],
  schemas: Schemas,
): HttpResponse {
  authorizeAnyKey(apps, request.headers);
  const { method } = request.requestContext.http;
  if (method !== 'GET') {
    throw new HttpError(405, 'method_not_allowed', `GET is allowed, got ${method}`, {
      headers: { allow: 'GET' },
    });
  }
  const [parameter] = new URLSearchParams(request.rawQueryString).keys();
  if (parameter !== undefined) {
    throw new InvalidParameterError(
      parameter,
      `unknown parameter ${shownValue(parameter)}, schemas take none`,
    );
  }
  const [event, version, ...more] = request.rawPath.split('/').slice(3).filter(Boolean);
  if (event === undefined) return jsonResponse(200, { schemas: listed(schemas) }, CACHED);
  if (version === undefined || more.length > 0) {
    throw new NotFoundError(
      'unknown_path',
      `no such path: ${request.rawPath.slice(0, 200)}, a schema is /v1/schemas/{event}/{version}`,
    );
  }
  return jsonResponse(200, find(schemas, event, version), {
    ...CACHED,
    'content-type': 'application/schema+json',
  });
}

function listed(schemas: Schemas): object[] {
  return Object.entries(schemas).map(([event, versions]) => ({
    event,
    versions: Object.keys(versions),
  }));
}

function find(schemas: Schemas, event: string, version: string): object {
  // A space or any other sign of a name, escaped in the path, is an underscore in the folder's name.
  const folder = Object.hasOwn(schemas, event)
    ? event
    : schemaFolder(event.replaceAll(/%[0-9a-f]{2}/gi, ' '));
  const versions = Object.hasOwn(schemas, folder) ? schemas[folder] : undefined;
  const schema = versions && Object.hasOwn(versions, version) ? versions[version] : undefined;
  if (schema === undefined) {
    const known = versions
      ? `it has ${Object.keys(versions).join(', ')}`
      : `the event has none, those that have one are ${Object.keys(schemas).join(', ')}`;
    throw new NotFoundError(
      'unknown_schema',
      `no schema ${shownValue(`${event}/${version}`, 200)}: ${known}`,
    );
  }
  return schema;
}
