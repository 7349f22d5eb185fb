import { createHash, randomBytes } from 'node:crypto';

/** Prints a new read key and a new write key, each with its line for millrace.config.ts. The read key itself is stored nowhere. */
const key = randomBytes(24).toString('base64url');
const writeKey = randomBytes(24).toString('base64url');
const sha256 = createHash('sha256').update(key).digest('hex');

process.stdout.write(`read key, shown once: ${key}

for the app's readKeys in millrace.config.ts:
{ name: 'my-key', sha256: '${sha256}' },

a write key, for its writeKeys (kind: 'public' for browsers and apps):
{ key: '${writeKey}', kind: 'server' },
`);
