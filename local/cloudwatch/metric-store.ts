import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Datum } from './embedded.ts';

/** A metric: a name in a namespace with the values of its dimensions. */
export type Metric = Pick<Datum, 'namespace' | 'name' | 'dimensions'>;

/** Statistics of a metric over a period. */
export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

interface Kept {
  readonly metric: Metric;
  readonly minutes: Map<number, Statistics>;
}

const MINUTE_MS = 60_000;

/**
 * Metrics by the minute, in one file that is only ever appended to. A value is with the operating system when `put` returns: it
 * survives kill -9. Each start writes the file anew with a line a minute.
 */
export class MetricStore {
  readonly #metrics = new Map<string, Kept>();
  readonly #file: number;
  #closed = false;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'metrics.jsonl');
    if (existsSync(file)) this.#read(readFileSync(file, 'utf8'));
    writeFileSync(`${file}.new`, this.#lines().join(''));
    renameSync(`${file}.new`, file);
    this.#file = openSync(file, 'a');
  }

  /** All metrics. */
  get metrics(): readonly Metric[] {
    return [...this.#metrics.values()].map(({ metric }) => metric);
  }

  /** Adds values. */
  put({ at, values, ...metric }: Datum): void {
    if (this.#closed) throw new Error('the metrics are closed');
    const statistics: Statistics = {
      count: values.length,
      sum: values.reduce((sum, value) => sum + value, 0),
      min: Math.min(...values),
      max: Math.max(...values),
    };
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    writeSync(this.#file, lineOf(metric, minute, statistics));
    this.#add(metric, minute, statistics);
  }

  /** Statistics of a metric by the start of each period that has values, epoch ms, from `from` up to but not `to`. */
  statistics(
    metric: Metric,
    { from, to, periodMs }: { from: number; to: number; periodMs: number },
  ): Map<number, Statistics> {
    const periods = new Map<number, Statistics>();
    for (const [minute, statistics] of this.#metrics.get(keyOf(metric))?.minutes ?? []) {
      if (minute < from || minute >= to) continue;
      const period = Math.floor(minute / periodMs) * periodMs;
      periods.set(period, merged(periods.get(period), statistics));
    }
    return periods;
  }

  /** Closes the file. */
  close(): void {
    // The number of a closed file is soon another one's.
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #add(metric: Metric, minute: number, statistics: Statistics): void {
    const key = keyOf(metric);
    const kept = this.#metrics.get(key) ?? { metric, minutes: new Map<number, Statistics>() };
    this.#metrics.set(key, kept);
    kept.minutes.set(minute, merged(kept.minutes.get(minute), statistics));
  }

  #read(text: string): void {
    // A kill may leave half a line at the end: then nobody was told that its value is there.
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
      if (line === '') continue;
      const { minute, statistics, ...metric } = JSON.parse(line) as Line;
      this.#add(metric, minute, statistics);
    }
  }

  #lines(): string[] {
    return [...this.#metrics.values()].flatMap(({ metric, minutes }) =>
      [...minutes].map(([minute, statistics]) => lineOf(metric, minute, statistics)),
    );
  }
}

interface Line extends Metric {
  readonly minute: number;
  readonly statistics: Statistics;
}

function lineOf({ namespace, name, dimensions }: Metric, minute: number, statistics: Statistics) {
  return `${JSON.stringify({ namespace, name, dimensions, minute, statistics })}\n`;
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

function merged(a: Statistics | undefined, b: Statistics): Statistics {
  if (a === undefined) return b;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}
