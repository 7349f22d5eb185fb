import { createHash } from 'node:crypto';
import type { App } from '../../../core/config.ts';
import { DEFAULT_PRIVACY } from '../../../core/privacy.ts';

/** An app whose read key is `read-<id>` and whose write key is `write-<id>`. */
export function testApp(id: string, more: Partial<App> = {}): App {
  return {
    id,
    writeKeys: [{ key: `write-${id}`, kind: 'public' }],
    readKeys: [{ name: 'test', sha256: sha256(`read-${id}`) }],
    unknownEvents: 'accept',
    dimensions: [{ name: 'plan', property: 'plan' }],
    funnels: [
      {
        name: 'checkout',
        window: '1d',
        steps: [{ event: 'home' }, { event: 'cart' }, { event: 'confirmation' }],
      },
    ],
    timeZone: 'Europe/Berlin',
    origins: ['*'],
    requestsPerSecond: 1_000,
    channelRules: [],
    privacy: DEFAULT_PRIVACY,
    visitors: {
      cookie: false,
      gpc: 'anonymous',
      dnt: 'full',
      consent: { category: [], whenDenied: 'anonymous', whenMissing: 'full' },
    },
    snowplow: { appIds: [], isDefault: false },
    ...more,
  };
}

/** Hex digits as the config has them. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
