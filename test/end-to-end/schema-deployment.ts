import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../core/config-schema.ts';
import { bundle } from '../../lib/bundle.ts';
import sampleConfig from '../../millrace.config.ts';
import { changedAssembly, temporaryFolder } from './stack.ts';

const SCHEMAS = path.resolve(import.meta.dirname, '../../schemas');
const DESCRIPTIONS = { collect: 'takes events over HTTP', redrive: 'sends dead letters again' };

/**
 * The assembly of a deployment whose `schemas/` holds versions of one more event.
 * @param versions schemas by version: 1-0-0.
 */
export function deploymentWith(
  event: string,
  versions: Readonly<Record<string, object>>,
): Promise<string> {
  const folder = temporaryFolder();
  const schemas = path.join(folder, 'schemas');
  for (const entry of readdirSync(SCHEMAS, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory())
      cpSync(path.join(SCHEMAS, name), path.join(schemas, name), { recursive: true });
  }
  mkdirSync(path.join(schemas, event));
  for (const [version, schema] of Object.entries(versions)) {
    writeFileSync(path.join(schemas, event, `${version}.json`), JSON.stringify(schema));
  }
  return changedAssembly((resources, copy) => {
    for (const name of ['collect', 'redrive'] as const) {
      const found = Object.values(resources).find(
        ({ Type, Properties }) =>
          Type === 'AWS::Lambda::Function' &&
          String(Properties.Description).includes(DESCRIPTIONS[name]),
      );
      if (found === undefined) continue;
      const { S3Key } = found.Properties.Code as { S3Key: string };
      const asset = path.join(copy, `asset.${path.basename(S3Key, '.zip')}`);
      rmSync(asset, { recursive: true });
      cpSync(bundle(name, parseConfig(sampleConfig), folder, schemas), asset, { recursive: true });
    }
  });
}
