import { open } from 'node:fs/promises';

/** A row of a result: null for NULL. */
export type ResultRow = readonly (string | null)[];

/** A row as Athena's CSV has it: every value quoted, NULL as nothing at all. */
export function csvRow(row: ResultRow): string {
  return `${row.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)).join(',')}\n`;
}

/** A page of a result, and where the next one starts; null after the last. */
export interface ResultPage {
  readonly rows: readonly ResultRow[];
  readonly next: number | null;
}

const CHUNK_BYTES = 1 << 20;

/**
 * Reads up to `limit` rows of a result's CSV file from byte `start` on: a page costs its own length, wherever it lies.
 */
export async function readPage(path: string, start: number, limit: number): Promise<ResultPage> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const rows: ResultRow[] = [];
    let at = start;
    while (rows.length < limit && at < size) {
      let bytes = Buffer.alloc(0);
      let parsed = parseRows(bytes, limit - rows.length);
      // A row may be longer than a chunk: then more is read until it ends.
      while (parsed.rows.length === 0 && at + bytes.length < size) {
        const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at - bytes.length));
        await file.read(chunk, 0, chunk.length, at + bytes.length);
        bytes = Buffer.concat([bytes, chunk]);
        parsed = parseRows(bytes, limit - rows.length);
      }
      if (parsed.rows.length === 0) throw new Error(`result file ${path} ends within a row`);
      rows.push(...parsed.rows);
      at += parsed.bytes;
    }
    return { rows, next: at < size ? at : null };
  } finally {
    await file.close();
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

function parseRows(bytes: Buffer, limit: number): { rows: ResultRow[]; bytes: number } {
  const rows: ResultRow[] = [];
  let row: (string | null)[] = [];
  let rowEnd = 0;
  let at = 0;
  while (at < bytes.length && rows.length < limit) {
    let value: string | null = null;
    if (bytes[at] === QUOTE) {
      const end = closingQuote(bytes, at + 1);
      if (end < 0) break;
      value = bytes.toString('utf8', at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    if (at >= bytes.length) break;
    row.push(value);
    if (bytes[at] === NEWLINE) {
      rows.push(row);
      row = [];
      rowEnd = at + 1;
    } else if (bytes[at] !== COMMA) throw new Error('result file is damaged');
    at++;
  }
  return { rows, bytes: rowEnd };
}

/** The quote that ends a value; -1 where the bytes end before that is certain. */
function closingQuote(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(QUOTE, start);
  while (at >= 0 && bytes[at + 1] === QUOTE) at = bytes.indexOf(QUOTE, at + 2);
  return at >= 0 && at + 1 < bytes.length ? at : -1;
}
