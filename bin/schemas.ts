import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { schemaFolder } from '../core/schema-folder.ts';
import { checkSchemas, IncompatibleSchemasError } from '../schemas/check.ts';
import { compileValidators } from '../schemas/compile.ts';
import { inferSchema } from '../schemas/infer.ts';
import { ENVELOPE } from '../schemas/read.ts';
import { isObject, type SchemaObject } from '../schemas/schema-node.ts';

const ROOT = join(import.meta.dirname, '..');
/** Of events that an error lists. */
const MOST_NAMES = 20;
const USAGE = `usage:
  npm run schemas -- check                                  are the versions compatible?
  npm run schemas -- infer FILE --event "Order Completed"   a first schema from JSON lines
                     [--write]                              into schemas/<event>/1-0-0.json
options:
  --schemas FOLDER   the folder of schemas, default: schemas
`;

/** What was asked of the command, and cannot be done. */
class CommandError extends Error {
  override name = 'CommandError';
}

/** A call that is wrong: the usage helps. */
class UsageError extends Error {
  override name = 'UsageError';
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who pipes it into head has read enough.
  if (error.code === 'EPIPE') return;
  process.stderr.write(`the output cannot be written: ${error.message}\n`);
  process.exit(1);
});
try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const lines =
    error instanceof IncompatibleSchemasError ? error.problems.join('\n') : error.message;
  const isWrongCall = error instanceof UsageError;
  process.stderr.write(isWrongCall ? `${lines}\n\n${USAGE}` : `${lines}\n`);
  process.exitCode = isWrongCall ? 2 : 1;
}

function main(): void {
  const { values, positionals } = parseCommand();
  const [command, file, ...more] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (command !== 'check' && command !== 'infer') {
    throw new UsageError(`check or infer is needed, got ${command ?? 'nothing'}`);
  }
  checkFolder(values.schemas);
  if (command === 'check') {
    if (file !== undefined) throw new UsageError(`check takes no file, got ${file}`);
    if (values.write || values.event !== undefined) {
      throw new UsageError('--event and --write are of infer: check takes --schemas alone');
    }
    check(values.schemas);
    return;
  }
  if (!file) throw new UsageError('infer needs a FILE');
  if (more.length > 0)
    throw new UsageError(`infer takes one file, got ${file}, ${more.join(', ')}`);
  if (!values.event) throw new UsageError('infer needs --event, the name of an event');
  infer(file, values.event, values.write ? values.schemas : undefined);
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new CommandError(`${folder} is no folder: --schemas names the folder of schemas`);
}

function parseCommand() {
  try {
    return parseArgs({
      options: {
        event: { type: 'string' },
        write: { type: 'boolean', default: false },
        schemas: { type: 'string', default: join(ROOT, 'schemas') },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function check(folder: string): void {
  if (!existsSync(join(folder, ENVELOPE))) {
    throw new CommandError(
      `${folder} has no folder ${ENVELOPE}, with the schemas of the calls: is it the folder of schemas?`,
    );
  }
  // The compiler says first which of them is no schema.
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-schemas-'));
  try {
    compileValidators(folder, join(scratch, 'validators.mjs'));
  } finally {
    rmSync(scratch, { recursive: true });
  }
  const schemas = checkSchemas(folder);
  for (const [event, versions] of Object.entries(Object.groupBy(schemas, (s) => s.event))) {
    process.stdout.write(`${event} ${(versions ?? []).map((s) => s.version).join(' ')}\n`);
  }
  process.stdout.write(`${schemas.length} schemas, compatible within each major\n`);
}

function infer(file: string, event: string, folder: string | undefined): void {
  const schema = inferSchema(event, readSample(file, event));
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (folder === undefined) {
    process.stdout.write(text);
    return;
  }
  const name = schemaFolder(event);
  if (name === '' || name === ENVELOPE) {
    throw new CommandError(`no schema can have the name of the event ${JSON.stringify(event)}`);
  }
  const target = join(folder, name, '1-0-0.json');
  if (existsSync(dirname(target))) {
    throw new CommandError(`${dirname(target)} is there already: it is not overwritten`);
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  process.stdout.write(`${target}\n`);
}

/** The properties of the event's calls; a line that is no call holds properties. */
function readSample(file: string, event: string): SchemaObject[] {
  const lines = readText(file).split('\n');
  const calls = lines.flatMap((line, i): SchemaObject[] =>
    line.trim() === '' ? [] : [parseLine(line, `${file}:${i + 1}`)],
  );
  const sample = calls.map((call) => propertiesOf(call, event)).filter((one) => one !== undefined);
  if (sample.length === 0) {
    throw new CommandError(`${file} holds no event ${JSON.stringify(event)}${othersOf(calls)}`);
  }
  return sample;
}

/** What a name may have been meant for. */
function othersOf(calls: readonly SchemaObject[]): string {
  const found = calls.flatMap(({ event }) => (typeof event === 'string' ? [event] : []));
  const names = [...new Set(found)].sort();
  if (names.length === 0) return '';
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `, it holds ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`cannot read the sample ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function parseLine(line: string, at: string): SchemaObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new CommandError(`${at} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isObject(value)) throw new CommandError(`${at} is no object: ${line.slice(0, 80)}`);
  return value;
}

/** Undefined for calls of other events. */
function propertiesOf(line: SchemaObject, event: string): SchemaObject | undefined {
  const isCall =
    typeof line.event === 'string' && (isObject(line.properties) || line.type === 'track');
  if (!isCall) return typeof line.type === 'string' && isObject(line.properties) ? undefined : line;
  if (schemaFolder(line.event as string) !== schemaFolder(event)) return undefined;
  return isObject(line.properties) ? line.properties : {};
}
