import { access, constants, readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { withNegativeNumbers } from '../../core/command-line.ts';
import type { LoadOptions } from './load-file.ts';
import { InvalidMappingError, type Mapping, parseMapping } from './mapping.ts';
import { FILE_FORMATS } from './read-rows.ts';

/** What `npm run load` prints for --help and after a wrong call. */
export const USAGE = `npm run load -- FILE --url URL --write-key KEY [options]

Sends past events from a CSV, JSON lines (.gz too) or Parquet file. docs/LOADING.md explains it.

  --url URL            the API, as http://127.0.0.1:8080
  --write-key KEY      a key of kind "server": past times are kept as they are
  --mapping FILE       JSON: which column becomes what; default: by common column names
  --dry-run            print the first events and send nothing
  --format FORMAT      csv, jsonl or parquet; default: by the name's ending
  --delimiter CHAR     between the values of a CSV file; default: a comma, a tab for .tsv
  --state FILE         where to keep what is sent; default: FILE.load-state.json
  --batch-size N       events a request, 1 to 500; default 500
  --concurrency N      requests at a time, 1 to 32; default 4
  --retries N          more attempts after network errors, 429 and 5xx; default 8
  --max-bad-rows N     stop after so many rows that the mapping cannot read; default 100
`;

/** Arguments that cannot be used. */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError';
}

/** What the command line asks for. */
export type LoadCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'dry-run'; readonly options: LoadOptions }
  | { readonly kind: 'load'; readonly options: LoadOptions };

/**
 * Reads the command line and the mapping file.
 * @throws InvalidArgumentError that names the option, the value and what is allowed; InvalidMappingError.
 */
export async function parseLoadCommand(argv: readonly string[]): Promise<LoadCommand> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { kind: 'help' };
  const [file, ...more] = positionals;
  if (file === undefined || file === '' || more.length > 0) {
    const got =
      positionals.length === 0 ? 'none' : positionals.map((name) => `"${name}"`).join(', ');
    throw new InvalidArgumentError(`one file is needed, got ${got}`);
  }
  const dryRun = values['dry-run'] === true;
  const format = values.format;
  if (format !== undefined && !isFormat(format)) {
    throw new InvalidArgumentError(`--format must be ${FILE_FORMATS.join(', ')}, got ${format}`);
  }
  const options: LoadOptions = {
    file,
    target: {
      url: dryRun ? 'http://localhost' : url(values.url),
      writeKey: dryRun ? '' : required('write-key', values['write-key']),
      retries: integer('retries', values.retries, 8, 0, 100),
    },
    ...(values.mapping === undefined ? {} : { mapping: await readMapping(values.mapping) }),
    ...(format === undefined ? {} : { format }),
    ...(values.delimiter === undefined ? {} : { delimiter: delimiter(values.delimiter) }),
    statePath:
      values.state === undefined ? `${file}.load-state.json` : required('state', values.state),
    batchSize: integer('batch-size', values['batch-size'], 500, 1, 500),
    concurrency: integer('concurrency', values.concurrency, 4, 1, 32),
    maxBadRows: integer('max-bad-rows', values['max-bad-rows'], 100, 0, Number.MAX_SAFE_INTEGER),
  };
  await checkFile(file);
  return { kind: dryRun ? 'dry-run' : 'load', options };
}

async function checkFile(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    const { message } = cause as Error;
    throw new InvalidArgumentError(`cannot read the file ${file}: ${message}`, { cause });
  }
  if ((await stat(file)).isDirectory()) {
    throw new InvalidArgumentError(`${file} is a folder: a file of events is needed`);
  }
}

function delimiter(text: string): string {
  if (/^[^"\r\n]$/u.test(text)) return text;
  throw new InvalidArgumentError(
    `--delimiter must be one character, neither a quote nor a line break, got ${JSON.stringify(text)}`,
  );
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: withNegativeNumbers(argv),
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        'dry-run': { type: 'boolean' },
        url: text,
        'write-key': text,
        mapping: text,
        format: text,
        delimiter: text,
        state: text,
        'batch-size': text,
        concurrency: text,
        retries: text,
        'max-bad-rows': text,
      },
    });
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}

function isFormat(format: string): format is (typeof FILE_FORMATS)[number] {
  return (FILE_FORMATS as readonly string[]).includes(format);
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new InvalidArgumentError(`--${name} is needed`);
  return value;
}

function url(value: string | undefined): string {
  const text = required('url', value);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError(`--url must be as http://127.0.0.1:8080, got ${text}`);
  }
  return text;
}

function integer(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new InvalidArgumentError(
      `--${name} must be a whole number from ${min} to ${max}, got ${text}`,
    );
  }
  return value;
}

async function readMapping(path: string): Promise<Mapping> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new InvalidArgumentError(`cannot read the mapping ${path}: ${cause.message}`, { cause });
  });
  try {
    return parseMapping(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof InvalidMappingError) throw cause;
    throw new InvalidMappingError(
      `${path} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
