import { InvalidConfigError } from '../core/config-schema.ts';
import config from '../millrace.config.ts';
import { IncompatibleSchemasError } from '../schemas/check.ts';
import { knownKeys } from './known-keys.ts';
import { synthesize } from './synthesize.ts';

// What the CDK CLI runs (cdk.json), and `npm run synth`: millrace.config.ts becomes the stacks in cdk.out.
try {
  // The CLI sets the folder: what comes of it may be deployed.
  if (process.env.CDK_OUTDIR !== undefined) {
    for (const line of knownKeys(config)) {
      process.stderr.write(
        `warning: ${line}. Make one of your own before you deploy: npm run key\n`,
      );
    }
  }
  synthesize({ config, validate: process.env.CDK_VALIDATION !== 'false' });
} catch (error) {
  if (error instanceof InvalidConfigError) {
    process.stderr.write(`millrace.config.ts: ${error.message}\n`);
  } else if (error instanceof IncompatibleSchemasError) {
    process.stderr.write(`${error.message}\n`);
  } else throw error;
  process.exitCode = 1;
}
