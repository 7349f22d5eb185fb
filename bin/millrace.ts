import { InvalidConfigError } from '../core/config-schema.ts';
import config from '../millrace.config.ts';
import { synthesize } from './synthesize.ts';

// What the CDK CLI runs (cdk.json), and `npm run synth`: millrace.config.ts becomes the stacks in cdk.out.
try {
  synthesize({ config, validate: process.env.CDK_VALIDATION !== 'false' });
} catch (error) {
  if (!(error instanceof InvalidConfigError)) throw error;
  process.stderr.write(`millrace.config.ts: ${error.message}\n`);
  process.exitCode = 1;
}
