import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../service.ts';
import { QueryError } from './errors.ts';
import { literal } from './literal.ts';

/** A place in the object store. The prefix has no slash at its end. */
export interface Location {
  readonly bucket: string;
  readonly prefix: string;
}

/** A file of a table, as it lies on disk. */
export interface DataFile {
  readonly path: string;
  readonly key: string;
  readonly size: number;
  /** Changes when the file does. */
  readonly version: string;
}

/** Reads s3://bucket/prefix/. @throws QueryError */
export function parseLocation(uri: string): Location {
  const match = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(uri);
  if (match === null) throw new QueryError('INVALID_LOCATION', `not an s3 location: ${uri}`);
  return { bucket: match[1]!, prefix: match[2] ?? '' };
}

/**
 * Files under a location, in the order of their keys. Names that start with _ or . are hidden, as in Hive.
 * Folders are read anew every time: what another process put there is seen. Read without giving up the thread: a partition
 * is a folder with a file or two, and a look at it takes 20 µs so, many times that through the thread pool.
 */
export function listFiles(store: ObjectStore, location: Location): DataFile[] {
  const files: DataFile[] = [];
  walk(folderOf(store, location), location.prefix, files);
  return files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The folder of a location on disk: a bucket without a prefix has no key, so that one is made up and cut off again. */
export function folderOf(store: ObjectStore, { bucket, prefix }: Location): string {
  return prefix === '' ? join(store.path(bucket, 'x'), '..') : store.path(bucket, prefix);
}

/** Entries of a folder; none where it is not there: S3 has no folders, so it is no error there either. */
export function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function walk(folder: string, prefix: string, files: DataFile[]): void {
  for (const entry of readFolder(folder)) {
    if (/^[_.]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      walk(path, key, files);
      continue;
    }
    // A file that was deleted since its folder was read is not there.
    const stats = statSync(path, { throwIfNoEntry: false });
    // An empty object is a folder's marker or an empty file: no rows either way.
    if (stats !== undefined && stats.size > 0) {
      const { size, mtimeMs, ino } = stats;
      files.push({ path, key, size, version: `${size}:${mtimeMs}:${ino}` });
    }
  }
}

/** What a Parquet file's footer says: stored bytes by column, and a key that files with the same columns share. */
export interface Footer {
  readonly columns: ReadonlyMap<string, number>;
  readonly shape: string;
}

/** Footers in memory, of about 5 KB each. The oldest go first: runs that were replaced are not asked for again. */
const KEPT_FOOTERS = 20_000;

/** Footers of Parquet files, read once for each version of a file. */
export class Footers {
  readonly #known = new Map<string, { readonly version: string; readonly footer: Footer }>();

  /** Footers of these files, in their order. A file without rows has no columns. */
  async read(connection: DuckDBConnection, files: readonly DataFile[]): Promise<Footer[]> {
    const fresh = files.filter((file) => this.#known.get(file.path)?.version !== file.version);
    if (fresh.length > 0) await this.#load(connection, fresh);
    const footers = files.map((file) => this.#known.get(file.path)!.footer);
    for (const path of this.#known.keys()) {
      if (this.#known.size <= KEPT_FOOTERS) break;
      this.#known.delete(path);
    }
    return footers;
  }

  async #load(connection: DuckDBConnection, files: readonly DataFile[]): Promise<void> {
    const list = files.map((file) => literal(file.path)).join(', ');
    const reader = await connection.runAndReadAll(
      `SELECT file_name, split_part(path_in_schema, ', ', 1) AS name, any_value(type),
         CAST(sum(total_compressed_size) AS DOUBLE)
       FROM parquet_metadata([${list}]) GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    const columns = new Map(files.map((file) => [file.path, new Map<string, number>()]));
    const shapes = new Map(files.map((file) => [file.path, createHash('sha256')]));
    for (const [file, name, type, bytes] of reader.getRows()) {
      columns.get(String(file))?.set(String(name).toLowerCase(), Number(bytes));
      shapes.get(String(file))?.update(`${name}:${type};`);
    }
    for (const { path, version } of files) {
      const shape = shapes.get(path)!.digest('base64');
      this.#known.set(path, { version, footer: { columns: columns.get(path)!, shape } });
    }
  }
}
