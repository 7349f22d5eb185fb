import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { MACROS } from './macros.ts';

/** Statements that run at the same time. Each uses all cores, so more would only use more memory. */
const CONCURRENT = 3;

/** What every session needs so that DuckDB reads like Trino. */
const SESSION = [
  "SET TimeZone = 'UTC'",
  "SET default_null_order = 'nulls_last'",
  'SET integer_division = true',
  "SET lambda_syntax = 'ENABLE_SINGLE_ARROW'",
  'SET preserve_insertion_order = false',
  'SET parquet_metadata_cache = true',
];

/** One DuckDB instance with a few sessions. It works on its own threads: this process is never blocked. */
export class Engine {
  readonly #folder: string;
  #opened: Promise<DuckDBInstance> | undefined;
  readonly #idle: DuckDBConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #free = CONCURRENT;

  /** @param folder for what does not fit into memory */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs work with a session of its own, when one is free. */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      const connection = this.#idle.pop() ?? (await this.#connect());
      try {
        return await work(connection);
      } finally {
        this.#idle.push(connection);
      }
    } finally {
      // A waiting one takes the place over, so that it is not counted free in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Closes the engine; what runs is interrupted. */
  async close(): Promise<void> {
    const instance = await this.#opened;
    for (const connection of this.#idle) connection.closeSync();
    instance?.closeSync();
  }

  async #connect(): Promise<DuckDBConnection> {
    this.#opened ??= open(this.#folder);
    const instance = await this.#opened;
    const connection = await instance.connect();
    for (const setting of SESSION) await connection.run(setting);
    return connection;
  }
}

async function open(folder: string): Promise<DuckDBInstance> {
  mkdirSync(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(Math.max(2, availableParallelism())),
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'");
  for (const macro of MACROS) await connection.run(macro);
  connection.closeSync();
  return instance;
}
