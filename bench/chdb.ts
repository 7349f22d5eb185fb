import { createRequire } from 'node:module';
import { STEPS } from './population.ts';

/** Reached people by level of ClickHouse's windowFunnel over Parquet files: how many people got to each step and no further. */
export type Levels = ReadonlyMap<number, number>;

interface Session {
  query(sql: string, format: string): string;
  cleanup(): void;
}

/**
 * ClickHouse in this process (chDB, the npm package of bench/package.json), two threads as DuckDB has here.
 * `levels` takes the name of a column that tells people apart.
 * @throws Error that says how to install it where it is not there.
 */
export function openClickHouse(): {
  levels(files: string, windowMs: number, key: 'anonymous_id' | 'anonymous_key'): Levels;
  close(): void;
} {
  let Session: new () => Session;
  try {
    ({ Session } = createRequire(import.meta.url)('chdb') as { Session: new () => Session });
  } catch (cause) {
    throw new Error('chdb is not installed: npm install --prefix bench', { cause });
  }
  const session = new Session();
  return {
    levels: (files, windowMs, key) => {
      const conditions = STEPS.map((step) => `event = '${step}'`).join(', ');
      const names = STEPS.map((step) => `'${step}'`).join(', ');
      const text = session.query(
        `SELECT level, count() FROM (
           SELECT ${key}, windowFunnel(${windowMs})(toUInt64(event_at), ${conditions}) AS level
           FROM file('${files}', Parquet) WHERE event IN (${names}) GROUP BY ${key})
         WHERE level > 0 GROUP BY level ORDER BY level
         SETTINGS max_threads = 2, schema_inference_make_columns_nullable = 0`,
        'TabSeparated',
      );
      return new Map(
        text
          .trim()
          .split('\n')
          .map((line) => line.split('\t').map(Number) as [number, number]),
      );
    },
    close: () => session.cleanup(),
  };
}
