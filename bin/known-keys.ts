import type { MillraceConfig } from '../core/config.ts';

/** SHA-256 of `local-read-key`, which stands in the README. */
const KNOWN_READ_KEY = 'c4b84eb70f7e66f2782577f721705e97bebce7e09f3206cb31dad305e94a3a2e';
/** The sample config's server key: with it anybody could write history. */
const KNOWN_SERVER_KEY = 'shop-server-key';

/**
 * What is wrong with deploying a config whose keys everybody knows, a line a key. On one machine they are fine.
 */
export function knownKeys({ apps }: MillraceConfig): string[] {
  return apps.flatMap((app, i) => [
    ...app.readKeys
      .filter(({ sha256 }) => sha256.toLowerCase() === KNOWN_READ_KEY)
      .map(({ name }) => `apps[${i}].readKeys: ${name} is local-read-key, which everybody knows`),
    ...app.writeKeys
      .filter(({ key }) => key === KNOWN_SERVER_KEY)
      .map(({ key }) => `apps[${i}].writeKeys: the server key ${key} stands in the sample config`),
  ]);
}
