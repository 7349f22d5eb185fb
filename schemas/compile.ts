import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { buildSync } from 'esbuild';
import {
  ENVELOPE,
  type EventSchema,
  InvalidSchemaError,
  readEventSchemas,
  readSchema,
} from './read.ts';
import { DRAFTS, type Draft, draftOf, makeAjv } from './schema-values.ts';
import { shareDefinitions } from './share.ts';

/** A validator's place in the compiled modules: which module, under which name. */
interface Compiled {
  readonly event: string;
  readonly version: string;
  readonly draft: Draft;
  readonly name: string;
}

/** Validators of one draft: the compiler, and what is exported. */
interface Compiler {
  readonly ajv: Ajv;
  readonly exported: Record<string, string>;
}

/**
 * Compiles all JSON Schemas (2020-12 and draft 7) of a folder into one ES module without imports: `envelopes` by call type,
 * and `events` by event and version. No compiler and no schema is left for run time.
 * @throws InvalidSchemaError that names the file whose name or schema is wrong.
 */
export function compileValidators(schemasFolder: string, outFile: string): void {
  const compilers: Record<Draft, Compiler> = {
    '2020-12': makeCompiler('2020-12'),
    'draft-07': makeCompiler('draft-07'),
  };
  const envelopes = addEnvelopes(compilers['2020-12'], join(schemasFolder, ENVELOPE));
  const events = readEventSchemas(schemasFolder).map((schema) => addEvent(compilers, schema));
  mkdirSync(dirname(outFile), { recursive: true });
  // A folder of this build's own. Paths in the bundle are relative to it: the same schemas always make the same file.
  const work = mkdtempSync(`${outFile}.`);
  try {
    const modules = DRAFTS.map((draft) => join(work, `${draft}.cjs`));
    DRAFTS.forEach((draft, i) => {
      writeFileSync(
        modules[i] ?? '',
        standaloneCode(compilers[draft].ajv, compilers[draft].exported),
      );
    });
    const bundled = join(work, 'validators.mjs');
    buildSync({
      stdin: {
        contents: entryModule(modules, envelopes, events),
        resolveDir: import.meta.dirname,
      },
      absWorkingDir: work,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      outfile: bundled,
      logLevel: 'error',
    });
    // Renamed into place, so that a build at the same time never reads half a file.
    renameSync(bundled, outFile);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Like compileValidators, but leaves a file alone that is newer than every schema and this compiler. */
export function refreshValidators(schemasFolder: string, outFile: string): void {
  const sources = [
    schemasFolder,
    ...readdirSync(schemasFolder, { recursive: true, encoding: 'utf8' }),
  ]
    .map((name) => resolve(schemasFolder, name))
    .map((file) => statSync(file).mtimeMs);
  const made = statSync(outFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made <= Math.max(...sources)) compileValidators(schemasFolder, outFile);
}

function makeCompiler(draft: Draft): Compiler {
  return { ajv: makeAjv(draft, { code: { source: true, lines: false } }), exported: {} };
}

function addEnvelopes({ ajv, exported }: Compiler, folder: string): string[] {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
  for (const name of names)
    ajv.addSchema(readSchema(join(folder, `${name}.json`)), `envelope/${name}`);
  const calls = names.filter((name) => name !== 'common');
  for (const call of calls) exported[`envelope_${call}`] = `envelope/${call}`;
  return calls;
}

function addEvent(
  compilers: Readonly<Record<Draft, Compiler>>,
  { event, version, schema: file }: EventSchema,
): Compiled {
  const id = `${event}/${version}`;
  const name = `event_${event}_${version.replaceAll('-', '_')}`;
  try {
    const draft = draftOf(file);
    const { ajv, exported } = compilers[draft];
    const { id: key, schema, shared } = shareDefinitions(file);
    for (const [definition, part] of [...shared, [key, schema] as const]) {
      if (!(definition in ajv.schemas)) ajv.addSchema({ ...part, $id: definition }, definition);
    }
    ajv.getSchema(key);
    exported[name] = key;
    return { event, version, draft, name };
  } catch (cause) {
    throw new InvalidSchemaError(`schema ${id}.json: ${(cause as Error).message}`, { cause });
  }
}

function entryModule(
  modules: readonly string[],
  envelopes: readonly string[],
  events: readonly Compiled[],
): string {
  const ofEvents = Object.entries(Object.groupBy(events, ({ event }) => event)).map(
    ([event, versions]) => {
      const list = (versions ?? []).map(
        ({ version, draft, name }) =>
          `{ version: ${JSON.stringify(version)}, validate: compiled${DRAFTS.indexOf(draft)}.${name} }`,
      );
      return `${JSON.stringify(event)}: [${list.join(', ')}]`;
    },
  );
  return [
    ...modules.map((module, i) => `import compiled${i} from ${JSON.stringify(resolve(module))};`),
    `export const envelopes = { ${envelopes.map((call) => `${call}: compiled0.envelope_${call}`).join(', ')} };`,
    `export const events = { ${ofEvents.join(', ')} };`,
  ].join('\n');
}
