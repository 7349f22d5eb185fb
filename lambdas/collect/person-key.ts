import { hash } from 'node:crypto';

/**
 * Key of an id in an app: the first 63 bits of SHA-256 over app, NUL and id, as decimal text. Made at the door, because hash
 * functions are not portable SQL.
 */
export function personKey(appId: string, id: string): string {
  const digest = hash('sha256', `${appId}\0${id}`, 'buffer');
  return (digest.readBigUInt64BE(0) >> 1n).toString();
}

/** Keys of a request's ids: a request mostly holds the events of one person. */
export class PersonKeys {
  readonly #known = new Map<string, string>();

  /** As personKey, made once for each id. */
  of(appId: string, id: string): string {
    const name = `${appId}\0${id}`;
    let key = this.#known.get(name);
    if (key === undefined) {
      key = personKey(appId, id);
      this.#known.set(name, key);
    }
    return key;
  }
}
