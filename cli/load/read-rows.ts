import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { BadRowError, type SourceRow } from './map-row.ts';
import { readParquet } from './read-parquet.ts';

/** Kinds of files. */
export const FILE_FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A row, or why it cannot be read. */
export type RowOrError = SourceRow | BadRowError;

/** A file of past events that is being read. */
export interface RowSource {
  readonly format: FileFormat;
  /** Rows in the file's order, some at a time. */
  readonly chunks: AsyncIterable<readonly RowOrError[]>;
  /** Share of the file that is read, 0 to 1. */
  progress(): number;
}

/** What a user may say about the file. */
export interface ReadOptions {
  /** Default: by the file's ending, .gz apart. */
  readonly format?: FileFormat;
  /** Default: a tab for .tsv, else a comma. */
  readonly delimiter?: string;
}

const CHUNK_ROWS = 1_000;

/**
 * Opens a CSV (first line is the header), JSON lines or Parquet file. Gzip is told by its first bytes.
 * @throws Error where the format cannot be told from the name. What goes wrong in the file is thrown by `chunks`, with its name.
 */
export async function openRows(file: string, options: ReadOptions = {}): Promise<RowSource> {
  const format = options.format ?? formatOf(file);
  if (format === 'parquet') {
    let share = 0;
    const chunks = readParquet(file, (done) => {
      share = done;
    });
    return { format, chunks: explained(file, format, chunks), progress: () => share };
  }
  const { size } = await stat(file);
  const bytes = createReadStream(file, { highWaterMark: 256 * 1024 });
  const text = (await isGzip(file)) ? gunzipped(bytes) : bytes;
  const delimiter = options.delimiter ?? (/\.tsv(\.gz)?$/i.test(file) ? '\t' : ',');
  const chunks = format === 'csv' ? readCsv(text, delimiter) : readJsonLines(text);
  return {
    format,
    chunks: explained(file, format, chunks),
    progress: () => (size === 0 ? 1 : bytes.bytesRead / size),
  };
}

const MOST_REASON = 300;

/** Parsers know what is wrong, and not of which file; some show all of it. */
async function* explained<T>(
  file: string,
  format: FileFormat,
  chunks: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const cut = reason.length > MOST_REASON ? `${reason.slice(0, MOST_REASON)}…` : reason;
    throw new Error(`cannot read ${file} as ${format}: ${cut}`, { cause });
  }
}

function formatOf(file: string): FileFormat {
  const ending = /\.(\w+)(\.gz)?$/.exec(file.toLowerCase())?.[1] ?? '';
  const format = { csv: 'csv', tsv: 'csv', jsonl: 'jsonl', ndjson: 'jsonl', parquet: 'parquet' }[
    ending
  ] as FileFormat | undefined;
  if (format === undefined) {
    throw new Error(
      `cannot tell the format from the name ${file}: say --format ${FILE_FORMATS.join(', ')}`,
    );
  }
  return format;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** A damaged file ends the reader with its error, not with a short file. */
function gunzipped(bytes: Readable): Readable {
  const text = new PassThrough();
  pipeline(bytes, createGunzip(), text).catch((error: Error) => text.destroy(error));
  return text;
}

async function* readCsv(text: Readable, delimiter: string): AsyncGenerator<readonly RowOrError[]> {
  const parser = parse({ bom: true, delimiter, relax_column_count: true, skip_empty_lines: true });
  pipeline(text, parser).catch((error: Error) => parser.destroy(error));
  let header: readonly string[] | undefined;
  let number = 0;
  let chunk: RowOrError[] = [];
  for await (const cells of parser as AsyncIterable<readonly string[]>) {
    if (header === undefined) {
      header = cells.map((name) => name.trim());
      checkHeader(header);
      continue;
    }
    number += 1;
    chunk.push(csvRow(number, header, cells));
    if (chunk.length === CHUNK_ROWS) {
      yield chunk;
      chunk = [];
    }
  }
  if (header === undefined) throw new Error('the file is empty: a CSV file needs a header line');
  if (chunk.length > 0) yield chunk;
}

function checkHeader(header: readonly string[]): void {
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new Error(
      `the header names the column ${JSON.stringify(twice)} twice, once is allowed; got ${header.join(', ')}`,
    );
  }
}

function csvRow(number: number, header: readonly string[], cells: readonly string[]): RowOrError {
  if (cells.length !== header.length) {
    return new BadRowError(
      number,
      `has ${cells.length} values, the header has ${header.length} columns`,
    );
  }
  const values: Record<string, unknown> = {};
  for (let i = 0; i < header.length; i += 1) values[header[i]!] = cells[i];
  return { number, values };
}

async function* readJsonLines(text: Readable): AsyncGenerator<readonly RowOrError[]> {
  let number = 0;
  let chunk: RowOrError[] = [];
  for await (const line of linesOf(text)) {
    const json = number === 0 ? line.replace(/^\uFEFF/, '') : line;
    if (json.trim() === '') continue;
    number += 1;
    chunk.push(jsonRow(number, json));
    if (chunk.length === CHUNK_ROWS) {
      yield chunk;
      chunk = [];
    }
  }
  if (number === 0) throw new Error('the file is empty: one JSON object a line is needed');
  if (chunk.length > 0) yield chunk;
}

/** Lines end at \n alone: readline ends them at U+2028 too, which JSON allows within a text. */
async function* linesOf(text: Readable): AsyncGenerator<string> {
  text.setEncoding('utf8');
  let parts: string[] = [];
  for await (const piece of text as AsyncIterable<string>) {
    const lines = piece.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      parts.push(line);
      yield parts.join('');
      parts = [];
    }
    parts.push(last);
  }
  yield parts.join('');
}

/** Integers beyond 2^53 would change: ids of other systems are such numbers, and people with like ones would become one. */
const LARGE_INTEGER = /[:[,]\s*-?\d{16}/;

function parseExactly(line: string): unknown {
  if (!LARGE_INTEGER.test(line)) return JSON.parse(line);
  const revive = (_key: string, value: unknown, { source }: { readonly source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? BigInt(source ?? '')
      : value;
  // TypeScript's library does not know the reviver's third parameter yet.
  return JSON.parse(line, revive as (key: string, value: unknown) => unknown);
}

function jsonRow(number: number, line: string): RowOrError {
  let values: unknown;
  try {
    values = parseExactly(line);
  } catch (error) {
    return new BadRowError(
      number,
      `is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return new BadRowError(number, `holds ${line.slice(0, 80)}: a JSON object is needed`);
  }
  return { number, values: values as Record<string, unknown> };
}
