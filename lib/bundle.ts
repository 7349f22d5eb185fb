import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { App, Config } from '../core/config.ts';
import { DEFAULT_PRIVACY } from '../core/privacy.ts';
import { checkSchemas } from '../schemas/check.ts';
import { compileValidators } from '../schemas/compile.ts';
import type { EventSchema } from '../schemas/read.ts';

const ROOT = join(import.meta.dirname, '..');
const SCHEMAS = join(ROOT, 'schemas');

/** Functions of Millrace, each a folder of lambdas/; redrive works with collect's own code, in a folder of collect's. */
export const FUNCTIONS = [
  'collect',
  'redrive',
  'refill',
  'gather',
  'build',
  'reconcile',
  'query',
] as const;
/** Name of a function. */
export type FunctionName = (typeof FUNCTIONS)[number];

/** Folder of a function's handler, under lambdas/. */
export function handlerFolder(name: FunctionName): string {
  return name === 'redrive' ? 'collect/redrive' : name;
}

/** Functions that read statements of sql/. */
const WITH_STATEMENTS: readonly FunctionName[] = ['build', 'reconcile', 'query'];

/**
 * Makes the folder that is deployed as a function: index.mjs and its chunks, config.json, sql/ where it reads statements, and
 * schemas.json where it shows schemas. The content
 * depends on the sources and the config only, so that an unchanged function is not deployed again.
 * @param folder where all bundles go; the function's is named after it.
 * @param schemas folder of the schemas of events and calls.
 * @returns the function's folder.
 * @throws Error that names the file where the handler is missing. IncompatibleSchemasError where a schema's new version breaks
 * events that passed before it.
 */
export function bundle(
  name: FunctionName,
  config: Config,
  folder: string,
  schemas = SCHEMAS,
): string {
  const source = handlerFolder(name);
  const entry = join(ROOT, 'lambdas', source, 'handler.ts');
  if (!existsSync(entry)) {
    throw new Error(`function ${name} has no handler: lambdas/${source}/handler.ts is missing`);
  }
  // Beside the bundles where the schemas are others than the repository's, whose validators its tests import.
  const validators = join(schemas === SCHEMAS ? join(ROOT, 'dist') : folder, 'validators.mjs');
  if (name === 'collect' || name === 'redrive') compileValidators(schemas, validators);
  const target = join(folder, name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  buildSync({
    entryPoints: { index: entry },
    outdir: target,
    outExtension: { '.js': '.mjs' },
    // What is imported when it is needed stays out of the cold start, and only its used parts are taken.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    alias: {
      '#validators': validators,
      '@aws-sdk/credential-provider-node': join(ROOT, 'lambdas/runtime/clients/credentials.ts'),
    },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // ES modules first: the SDK's shrink by 40 % against its CommonJS files.
    mainFields: ['module', 'main'],
    // Dependencies that are CommonJS call require for modules of Node.
    banner: {
      js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
  writeFileSync(join(target, 'config.json'), `${JSON.stringify(configFor(name, config))}\n`);
  if (WITH_STATEMENTS.includes(name)) {
    cpSync(join(ROOT, 'sql'), join(target, 'sql'), { recursive: true });
  }
  if (name === 'query') {
    writeFileSync(
      join(target, 'schemas.json'),
      `${JSON.stringify(byEvent(checkSchemas(schemas)))}\n`,
    );
  }
  return target;
}

/** What GET /v1/schemas answers from: event → version → schema. */
function byEvent(schemas: readonly EventSchema[]): Record<string, Record<string, unknown>> {
  const events: Record<string, Record<string, unknown>> = {};
  for (const { event, version, schema } of schemas) {
    events[event] = { ...events[event], [version]: schema };
  }
  return events;
}

/** Of who takes no events in. Origins stay: an empty list of them is refused, and `*` beside a cookie of other sites too. */
const NOT_COLLECTING: Partial<App> = {
  channelRules: [],
  privacy: DEFAULT_PRIVACY,
  snowplow: { appIds: [], isDefault: false },
};
/** Of who needs no more of an app than its name. */
const NAME_ONLY: Partial<App> = {
  ...NOT_COLLECTING,
  writeKeys: [],
  readKeys: [],
  funnels: [],
  dimensions: [],
};

/** What a function has no use for is empty in its config. */
const EMPTIED: Readonly<Record<FunctionName, Partial<App>>> = {
  collect: { readKeys: [], funnels: [] },
  redrive: { readKeys: [], funnels: [] },
  refill: NAME_ONLY,
  gather: NAME_ONLY,
  build: { ...NOT_COLLECTING, writeKeys: [], readKeys: [] },
  reconcile: NAME_ONLY,
  // Write keys too: a key that writes never reads, whatever the read keys say.
  query: NOT_COLLECTING,
};

/** The config as one function carries it: of the same type, without what that function has no use for. */
export function configFor(name: FunctionName, config: Config): Config {
  return { ...config, apps: config.apps.map((app) => ({ ...app, ...EMPTIED[name] })) };
}
