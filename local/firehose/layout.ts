import type { StreamRecord } from '../kinesis/streams.ts';

const NEWLINE = 10;
const OPENING = 123;

/** Records as lines of JSON for DuckDB, with the way back from a line to its record. */
export interface Layout {
  readonly lines: Buffer;
  readonly lineCount: number;
  /** Records that are in lines: one object a line by the look of it. */
  readonly regular: readonly StreamRecord[];
  /** All others. */
  readonly irregular: readonly StreamRecord[];
  /** The nth line: its record, its place in it, its text. */
  lineAt(line: number): {
    readonly record: StreamRecord;
    readonly index: number;
    readonly text: string;
  };
}

/** Lays records out. A record whose lines do not all start with a brace is irregular. */
export function layOut(records: readonly StreamRecord[]): Layout {
  const chunks: Buffer[] = [];
  const regular: StreamRecord[] = [];
  const irregular: StreamRecord[] = [];
  const firstLines: number[] = [];
  const newline = Buffer.from('\n');
  let lineCount = 0;
  for (const record of records) {
    const count = countLines(record.data);
    if (count === null) {
      irregular.push(record);
      continue;
    }
    regular.push(record);
    firstLines.push(lineCount);
    chunks.push(record.data);
    if (record.data.at(-1) !== NEWLINE) chunks.push(newline);
    lineCount += count;
  }
  return {
    lines: Buffer.concat(chunks),
    lineCount,
    regular,
    irregular,
    lineAt(line) {
      const place = lastAtMost(firstLines, line);
      const record = regular[place];
      if (record === undefined) throw new Error(`line ${line} is none of ${lineCount}`);
      const index = line - (firstLines[place] ?? 0);
      return { record, index, text: record.data.toString('utf8').split('\n')[index] ?? '' };
    },
  };
}

/** Number of lines; null where one does not start with a brace. */
function countLines(data: Buffer): number | null {
  let count = 0;
  for (let at = 0; at < data.length; ) {
    if (data[at] !== OPENING) return null;
    count += 1;
    const end = data.indexOf(NEWLINE, at);
    if (end === -1) break;
    at = end + 1;
  }
  return count === 0 ? null : count;
}

/** Index of the last number that is not above the wanted one, in an ascending list. */
function lastAtMost(ascending: readonly number[], wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] as number) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
