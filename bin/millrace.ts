import { InvalidConfigError } from '../core/config-schema.ts';
import { IncompatibleSchemasError } from '../schemas/check.ts';
import { InvalidSchemaError } from '../schemas/read.ts';
import { knownKeys } from './known-keys.ts';
import { readConfig, UnreadableConfigError } from './read-config.ts';
import { synthesize } from './synthesize.ts';

// What the CDK CLI runs (cdk.json), and `npm run synth`: millrace.config.ts becomes the stacks in cdk.out.
const [argument] = process.argv.slice(2);
/** What Node exits with where an await is never answered, and nothing else is left to do. */
const UNSETTLED = 13;
process.once('exit', (code) => {
  if (code !== UNSETTLED) return;
  process.stderr.write('millrace.config.ts: an await in it, or in what it imports, never ends\n');
});
if (argument === undefined) await makeStacks();
else {
  process.stderr.write(
    `npm run synth takes no arguments, got ${argument}: it makes cdk.out of millrace.config.ts\n`,
  );
  process.exitCode = 2;
}

async function makeStacks(): Promise<void> {
  try {
    const config = await readConfig();
    synthesize({ config, validate: process.env.CDK_VALIDATION !== 'false' });
    // The CLI sets the folder: what comes of it may be deployed.
    if (process.env.CDK_OUTDIR !== undefined) {
      for (const line of knownKeys(config)) {
        process.stderr.write(
          `warning: ${line}. Make one of your own before you deploy: npm run key\n`,
        );
      }
    }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** What a person can mend is said without a stack. What is left is a mistake of ours: whoever reports it needs the stack. */
function messageOf(error: unknown): string {
  if (error instanceof InvalidConfigError) return `millrace.config.ts: ${error.message}`;
  if (
    error instanceof UnreadableConfigError ||
    error instanceof IncompatibleSchemasError ||
    error instanceof InvalidSchemaError
  ) {
    return error.message;
  }
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) {
    return `the stacks cannot be made: ${error.message}`;
  }
  return error.stack ?? error.message;
}
