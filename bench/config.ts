import { createHash } from 'node:crypto';
import type { MillraceConfig } from '../core/config.ts';
import { STEPS } from './population.ts';

/** The key that sends: trusted with past times. */
export const WRITE_KEY = 'bench-server-key';
/** The key that asks. */
export const READ_KEY = 'bench-read-key';

/** One app with the six-step funnel `path`, an hour's window. */
export const benchConfig: MillraceConfig = {
  apps: [
    {
      id: 'bench',
      requestsPerSecond: 100_000,
      writeKeys: [{ key: WRITE_KEY, kind: 'server' }],
      readKeys: [{ name: 'bench', sha256: createHash('sha256').update(READ_KEY).digest('hex') }],
      dimensions: [{ name: 'plan', property: 'plan' }],
      funnels: [{ name: 'path', window: '1h', steps: STEPS.map((event) => ({ event })) }],
    },
  ],
  builds: { concurrency: 2 },
  query: { deadlineSeconds: 29 },
};
