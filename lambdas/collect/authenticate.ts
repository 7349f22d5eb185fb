import { hash } from 'node:crypto';
import type { App } from '../../core/config.ts';
import { ForbiddenError, UnauthorizedError } from '../runtime/http-error.ts';

/** Who sends: the app, and whether its key is trusted with past event times. */
export interface Sender {
  readonly app: App;
  readonly kind: 'public' | 'server';
  /** Tells the key from others where it must not stand itself. */
  readonly keyId: string;
}

/** The write keys of all apps. */
export class WriteKeys {
  /** A hash table: finding no key takes as long whatever part of a key was guessed. */
  readonly #senders: ReadonlyMap<string, Sender>;
  readonly #snowplow: ReadonlyMap<string, Sender>;
  readonly #apps: readonly App[];

  constructor(apps: readonly App[]) {
    this.#apps = apps;
    this.#senders = new Map(
      apps.flatMap((app) =>
        app.writeKeys.map(({ key, kind }): [string, Sender] => [key, senderWith(key, app, kind)]),
      ),
    );
    this.#snowplow = new Map(
      apps.flatMap((app) =>
        [...app.snowplow.appIds, ...(app.snowplow.isDefault ? [''] : [])].map(
          (id): [string, Sender] => [id, senderWith(id, app, 'public')],
        ),
      ),
    );
  }

  /**
   * The sender whose key it is.
   * @throws UnauthorizedError that says nothing about other keys.
   */
  senderOf(key: string): Sender {
    const sender = this.#senders.get(key);
    if (sender === undefined) {
      throw new UnauthorizedError('unknown_write_key', 'the write key is not known');
    }
    return sender;
  }

  /**
   * The sender of a Snowplow tracker's events. App ids stand in web pages: they are public. A write key is an app id, too, of its
   * own kind; an app id is no write key.
   * @param appId Undefined or empty where the event names none: then the default app's, where there is one.
   * @throws UnauthorizedError that says nothing about other app ids.
   */
  senderOfAppId(appId = ''): Sender {
    const sender = this.#senders.get(appId) ?? this.#snowplow.get(appId);
    if (sender !== undefined) return sender;
    if (appId !== '')
      throw new UnauthorizedError(
        'unknown_app_id',
        'the app id is not known: an app lists its own as snowplow.appIds in the config',
      );
    throw new UnauthorizedError(
      'missing_app_id',
      'no app id: name the appId of the tracker, which it sends as aid',
    );
  }

  /** The kind of a write key; undefined for other text. */
  kindOf(text: string): Sender['kind'] | undefined {
    return this.#senders.get(text)?.kind;
  }

  /** Whether any app takes events from pages of this origin: a preflight carries no key. */
  allowsOrigin(origin: string): boolean {
    return this.#apps.some((app) => originAllowed(app, origin));
  }
}

/** Keys of headers, remembered: nearly all requests have one of few. */
const headerKeys = new Map<string, string | undefined>();
const MOST_HEADERS = 1_000;

/** The write key in an Authorization header: Basic base64(key + ":"), colon or none. Undefined for other schemes. */
export function headerKey(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  let key = headerKeys.get(authorization);
  if (key === undefined && !headerKeys.has(authorization)) {
    key = decodedKey(authorization);
    // Headers come from outside: the memory of them must not grow without end.
    if (headerKeys.size >= MOST_HEADERS) headerKeys.clear();
    headerKeys.set(authorization, key);
  }
  return key;
}

function decodedKey(authorization: string): string | undefined {
  const encoded = /^basic\s+([A-Za-z0-9+/=_-]*)\s*$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0] ?? '';
}

/** The error where no key came. */
export function missingKey(): UnauthorizedError {
  return new UnauthorizedError(
    'missing_write_key',
    'no write key: send it as Authorization: Basic base64("<key>:") or as writeKey in the query or the body',
  );
}

/** @throws ForbiddenError where the request comes from a page whose origin the app does not list. */
export function checkOrigin(app: App, origin: string | undefined): void {
  if (origin !== undefined && !originAllowed(app, origin)) {
    throw new ForbiddenError(
      'origin_not_allowed',
      `origin ${JSON.stringify(origin.slice(0, 200))} is not among the origins that may send to this app`,
    );
  }
}

function originAllowed(app: App, origin: string): boolean {
  return app.origins.includes('*') || app.origins.includes(origin.toLowerCase());
}

function senderWith(key: string, app: App, kind: Sender['kind']): Sender {
  return { app, kind, keyId: hash('sha256', key).slice(0, 16) };
}
