import { readFileSync } from 'node:fs';
import { synthesize } from '../../bin/synthesize.ts';
import type { MillraceConfig } from '../../core/config.ts';

// Its own process: the CDK under jest's module loader takes several times as long.
const [file, outdir] = process.argv.slice(2);
if (file === undefined || outdir === undefined)
  throw new Error('usage: synthesize.ts CONFIG OUTDIR');
synthesize({ config: JSON.parse(readFileSync(file, 'utf8')) as MillraceConfig, outdir });
