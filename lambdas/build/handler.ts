import { randomBytes } from 'node:crypto';
import type { Config } from '../../core/config.ts';
import { ENVIRONMENT } from '../../core/environment.ts';
import { athena } from '../runtime/clients/athena.ts';
import { dynamodb } from '../runtime/clients/dynamodb.ts';
import { glue } from '../runtime/clients/glue.ts';
import { s3 } from '../runtime/clients/s3.ts';
import { stepFunctions } from '../runtime/clients/step-functions.ts';
import { bundleConfig } from '../runtime/config.ts';
import { requireInteger, requireString } from '../runtime/environment.ts';
import { logger } from '../runtime/logger.ts';
import { taskHandler } from '../runtime/task.ts';
import { runAction } from './actions.ts';
import type { BuildContext } from './context.ts';
import { endedExecutions } from './executions.ts';
import { Registry } from './registry.ts';

const context: BuildContext = {
  config: bundleConfig<Config>(),
  lakeBucket: requireString(ENVIRONMENT.lakeBucket),
  glueDatabase: requireString(ENVIRONMENT.glueDatabase),
  deliveryLagSeconds: requireInteger(ENVIRONMENT.deliveryLagSeconds, { min: 0, max: 86_400 }),
  s3: s3(),
  glue: glue(),
  athena: athena(),
  registry: new Registry(dynamodb(), requireString(ENVIRONMENT.registryTable)),
  ended: (names, ownArn) => endedExecutions(stepFunctions(), names, ownArn),
  now: Date.now,
  random: () => randomBytes(4).toString('hex'),
  warn: (message, facts) => logger.warn(message, { ...facts }),
};

/** The decisions of the state machine of builds: one action a call. */
export const handler = taskHandler((input: unknown) => runAction(context, input));
