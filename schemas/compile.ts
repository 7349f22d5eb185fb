import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import { buildSync } from 'esbuild';

/** Folder of the calls' own schemas; no event may have its name. */
const ENVELOPE = 'envelope';
/** An event's folder: its name in lower case, all but letters and digits as one underscore. */
const EVENT_FOLDER = /^[a-z0-9]+(_[a-z0-9]+)*$/;
const VERSION_FILE = /^(0|[1-9]\d*)-(0|[1-9]\d*)-(0|[1-9]\d*)\.json$/;

interface EventSchema {
  readonly event: string;
  readonly version: string;
  /** Name of the exported validator. */
  readonly name: string;
}

/**
 * Compiles all JSON Schemas (2020-12) of a folder into one ES module without imports: `envelopes` by call type, and
 * `events` by event and version. No compiler and no schema is left for run time.
 * @throws Error that names the file whose name or schema is wrong.
 */
export function compileValidators(schemasFolder: string, outFile: string): void {
  // Lengths in UTF-16 units: code points cost several times as much, and the limits are guards, not counts. Ajv calls that
  // deprecated at each start, hence no logger; what strict mode finds is thrown.
  const ajv = new Ajv2020({
    logger: false,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    unicode: false,
    inlineRefs: false,
    code: { source: true, lines: false },
  });
  addFormats.default(ajv);
  const exported: Record<string, string> = {};
  const envelopes = addEnvelopes(ajv, join(schemasFolder, ENVELOPE), exported);
  const events = addEvents(ajv, schemasFolder, exported);
  const compiled = `${outFile}.${process.pid}.cjs`;
  const bundled = `${outFile}.${process.pid}.mjs`;
  mkdirSync(dirname(outFile), { recursive: true });
  writeFileSync(compiled, standaloneCode(ajv, exported));
  try {
    buildSync({
      stdin: {
        contents: entryModule(compiled, envelopes, events),
        resolveDir: import.meta.dirname,
      },
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
    rmSync(compiled);
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

function addEnvelopes(ajv: Ajv2020, folder: string, exported: Record<string, string>): string[] {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
  for (const name of names)
    ajv.addSchema(readSchema(join(folder, `${name}.json`)), `envelope/${name}`);
  const calls = names.filter((name) => name !== 'common');
  for (const call of calls) exported[`envelope_${call}`] = `envelope/${call}`;
  return calls;
}

function addEvents(ajv: Ajv2020, folder: string, exported: Record<string, string>): EventSchema[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== ENVELOPE)
    .flatMap(({ name: event }) => {
      if (!EVENT_FOLDER.test(event)) {
        throw new Error(
          `schema folder ${JSON.stringify(event)}: a name in lower case is needed, as order_completed for "Order Completed"`,
        );
      }
      return readdirSync(join(folder, event)).map((file) => {
        const schema = eventSchema(event, file);
        const id = `${event}/${schema.version}`;
        const parsed = readSchema(join(folder, event, file));
        try {
          ajv.addSchema({ ...parsed, $id: id }, id).getSchema(id);
        } catch (cause) {
          throw new Error(`schema ${event}/${file}: ${(cause as Error).message}`, { cause });
        }
        exported[schema.name] = id;
        return schema;
      });
    });
}

function eventSchema(event: string, file: string): EventSchema {
  if (!VERSION_FILE.test(file)) {
    throw new Error(
      `schema file ${event}/${file}: a name of the form <major>-<minor>-<patch>.json is needed`,
    );
  }
  const version = file.slice(0, -'.json'.length);
  return { event, version, name: `event_${event}_${version.replaceAll('-', '_')}` };
}

function readSchema(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`schema ${file} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

function entryModule(
  compiled: string,
  envelopes: readonly string[],
  events: readonly EventSchema[],
): string {
  const ofEvents = Object.entries(Object.groupBy(events, ({ event }) => event)).map(
    ([event, versions]) => {
      const list = (versions ?? []).map(
        ({ version, name }) =>
          `{ version: ${JSON.stringify(version)}, validate: compiled.${name} }`,
      );
      return `${JSON.stringify(event)}: [${list.join(', ')}]`;
    },
  );
  return [
    `import compiled from ${JSON.stringify(resolve(compiled))};`,
    `export const envelopes = { ${envelopes.map((call) => `${call}: compiled.envelope_${call}`).join(', ')} };`,
    `export const events = { ${ofEvents.join(', ')} };`,
  ].join('\n');
}
