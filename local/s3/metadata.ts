import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SYSTEM_FOLDER } from './key-path.ts';

/** What S3 knows of an object beyond its bytes. */
export interface ObjectMetadata {
  readonly etag: string;
  /** Headers that came with the object and go out with it: content-type, x-amz-meta-…. Lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Stored extends ObjectMetadata {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Metadata of objects, one file each beside the buckets. It counts only while size and time of change of the object's file
 * are those it was written for: other writers (DuckDB, Firehose) put files into place without it, and their objects get an
 * ETag of size, time and inode.
 */
export class MetadataStore {
  readonly #folder: string;
  readonly #cache = new Map<string, Stored>();

  /** @param folder that of the buckets */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Metadata of the file as it is now. */
  async read(bucket: string, key: string, stats: Stats): Promise<ObjectMetadata> {
    const file = this.#file(bucket, key);
    const cached = this.#cache.get(file);
    if (cached !== undefined && isOf(cached, stats)) return cached;
    const stored = await readStored(file);
    const { size, mtimeMs } = stats;
    const known =
      stored !== null && isOf(stored, stats)
        ? stored
        : { etag: derivedEtag(stats), headers: {}, size, mtimeMs };
    this.#cache.set(file, known);
    return known;
  }

  /** Writes metadata for a file that is about to be moved into place. */
  async write(bucket: string, key: string, stats: Stats, metadata: ObjectMetadata): Promise<void> {
    const file = this.#file(bucket, key);
    const stored = { ...metadata, size: stats.size, mtimeMs: stats.mtimeMs };
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify(stored));
    await rename(`${file}.new`, file);
    this.#cache.set(file, stored);
  }

  /** Forgets an object. */
  async remove(bucket: string, key: string): Promise<void> {
    const file = this.#file(bucket, key);
    this.#cache.delete(file);
    await rm(file, { force: true });
  }

  #file(bucket: string, key: string): string {
    // Hashed: an object's key may be the folder of another's, once the first is deleted.
    const name = createHash('sha256').update(`${bucket}/${key}`).digest('hex');
    return join(this.#folder, SYSTEM_FOLDER, 'metadata', name.slice(0, 2), `${name}.json`);
  }
}

function isOf(stored: Stored, stats: Stats): boolean {
  return stored.size === stats.size && stored.mtimeMs === stats.mtimeMs;
}

async function readStored(file: string): Promise<Stored | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Stored;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function derivedEtag({ size, mtimeMs, ino }: Stats): string {
  return createHash('md5').update(`${size} ${mtimeMs} ${ino}`).digest('hex');
}
