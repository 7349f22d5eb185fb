import { createHmac } from 'node:crypto';

const PREFIX = 'hmac_';
const DIGEST = /^hmac_[\da-f]{64}$/;

/** Hashes what is to join without being known. */
export type Digest = (normal: string) => string;

/**
 * HMAC-SHA256 with a key of the app, made of the deployment's: the same text is the same digest everywhere in an app, and
 * tells nothing about another app's. 64 hex digits behind `hmac_`.
 */
export function digestOf(secret: string, appId: string): Digest {
  const key = createHmac('sha256', secret).update(appId).digest();
  return (normal) => PREFIX + createHmac('sha256', key).update(normal).digest('hex');
}

/** Whether a text is a digest already. */
export function isDigest(text: string): boolean {
  return text.length === 69 && DIGEST.test(text);
}
