import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { allowClosedOutput } from './closed-output.ts';

const USAGE = `npm run key

Prints a new read key and a new write key, each with its line for millrace.config.ts. They are stored nowhere.
`;

/** Prints a new read key and a new write key, each with its line for millrace.config.ts. The read key itself is stored nowhere. */
function printKeys(): void {
  const key = randomBytes(24).toString('base64url');
  const writeKey = randomBytes(24).toString('base64url');
  const sha256 = createHash('sha256').update(key).digest('hex');
  process.stdout.write(`read key, shown once: ${key}

for the app's readKeys in millrace.config.ts:
{ name: 'my-key', sha256: '${sha256}' },

a write key, for its writeKeys (kind: 'public' for browsers and apps):
{ key: '${writeKey}', kind: 'server' },
`);
}

allowClosedOutput();
try {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) process.stdout.write(USAGE);
  else printKeys();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
