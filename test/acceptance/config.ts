import { createHash } from 'node:crypto';
import type { AppConfig, MillraceConfig } from '../../core/config.ts';

/** Keys of the acceptance's apps. */
export const SERVER_KEY = (app: string): string => `${app}-server-key`;
export const READ_KEY = (app: string): string => `${app}-read-key`;

/** The two data sets, one app each: their steps in order. */
export const STEPS = {
  ecommerce: ['home_page', 'search_page', 'payment_page', 'payment_confirmation_page'],
  system_design: ['step1', 'step2', 'step3', 'step4', 'step5', 'step6'],
} as const;
export type DataSet = keyof typeof STEPS;

/** A stack with one app a data set, each with the funnel `published`: all steps in order within a day. */
export const acceptanceConfig: MillraceConfig = {
  apps: (Object.keys(STEPS) as DataSet[]).map(app),
  builds: { concurrency: 4 },
};

function app(id: DataSet): AppConfig {
  return {
    id,
    writeKeys: [{ key: SERVER_KEY(id), kind: 'server' }],
    readKeys: [
      { name: 'acceptance', sha256: createHash('sha256').update(READ_KEY(id)).digest('hex') },
    ],
    dimensions: [{ name: 'sex', property: 'sex' }],
    funnels: [{ name: 'published', window: '1d', steps: STEPS[id].map((event) => ({ event })) }],
  };
}
