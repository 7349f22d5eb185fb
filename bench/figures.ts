import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** One row of a benchmark's table. */
export type FigureRow = Readonly<Record<string, string | number>>;

/**
 * Prints a benchmark's table and writes it to bench/results/<name>.json, with the machine it ran on: a figure without its
 * machine says nothing.
 */
export function report(name: string, rows: readonly FigureRow[]): void {
  console.table(rows);
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
  };
  const result = { name, at: new Date().toISOString(), node: process.version, machine, rows };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/** Median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
