import { createHash, timingSafeEqual } from 'node:crypto';
import type { App } from '../../core/config.ts';
import { ForbiddenError, UnauthorizedError } from '../runtime/http-error.ts';

/**
 * Finds the app that a request may read: the one of its key, which must be the one of the path. The answer for another
 * app's key and for an app that does not exist is the same, so that nobody learns which apps there are. A write key never
 * reads, even where somebody put its hash among the read keys.
 * @param headers Names in lower case.
 * @throws UnauthorizedError without a known read key, ForbiddenError with a key of another app.
 */
export function authorize(
  apps: readonly App[],
  appId: string,
  headers: Readonly<Record<string, string | undefined>>,
): App {
  const key = readKey(headers);
  if (key === undefined) {
    throw unauthorized('no read key: send it as Authorization: Bearer <key> or as X-Api-Key');
  }
  const hash = createHash('sha256').update(key).digest();
  const readable = apps.filter((app) => holdsHash(app, hash));
  if (readable.length === 0 || isWriteKey(apps, hash)) {
    throw unauthorized('the key is no read key of this deployment');
  }
  const app = readable.find(({ id }) => id === appId);
  if (app === undefined) {
    throw new ForbiddenError(
      'forbidden',
      `the key does not read the app ${JSON.stringify(appId.slice(0, 100))}`,
    );
  }
  return app;
}

/**
 * Lets through who holds any key of this deployment, one that reads or one that writes.
 * @param headers Names in lower case.
 * @throws UnauthorizedError without a known key.
 */
export function authorizeAnyKey(
  apps: readonly App[],
  headers: Readonly<Record<string, string | undefined>>,
): void {
  const key = readKey(headers) ?? basicKey(headers);
  if (key === undefined) {
    throw unauthorized(
      'no key: send a read key or a write key as Authorization: Bearer <key> or as X-Api-Key, or a write key as Basic',
    );
  }
  const hash = createHash('sha256').update(key).digest();
  const readable = apps.filter((app) => holdsHash(app, hash));
  if (!isWriteKey(apps, hash) && readable.length === 0) {
    throw unauthorized('the key is no key of this deployment');
  }
}

/** Basic base64("<key>:"), as clients send write keys. */
function basicKey(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0];
}

function readKey(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? (headers['x-api-key']?.trim() || undefined);
}

/** Looks at every key, so that the time taken says nothing. */
function holdsHash(app: App, hash: Buffer): boolean {
  return app.readKeys.reduce((found, { sha256 }) => equal(sha256, hash) || found, false);
}

function isWriteKey(apps: readonly App[], hash: Buffer): boolean {
  return apps
    .flatMap(({ writeKeys }) => writeKeys)
    .reduce(
      (found, { key }) => timingSafeEqual(createHash('sha256').update(key).digest(), hash) || found,
      false,
    );
}

function equal(hex: string, hash: Buffer): boolean {
  const expected = Buffer.from(hex, 'hex');
  return expected.length === hash.length && timingSafeEqual(expected, hash);
}

function unauthorized(detail: string): UnauthorizedError {
  return new UnauthorizedError('unauthorized', detail, {
    headers: { 'www-authenticate': 'Bearer realm="millrace"' },
  });
}
