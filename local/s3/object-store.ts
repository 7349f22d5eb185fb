import { randomUUID } from 'node:crypto';
import type { Dirent, Stats } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ObjectStore, ServiceError, type StoredObject } from '../service.ts';
import { checkBucket, objectPath, SYSTEM_FOLDER } from './key-path.ts';
import { MetadataStore, type ObjectMetadata } from './metadata.ts';

/** An object with what S3 tells of it. */
export interface ObjectInfo extends StoredObject {
  readonly headers: Readonly<Record<string, string>>;
}

/** Objects in a folder, with the metadata that the REST operations need. */
export class FolderObjectStore implements ObjectStore {
  readonly #folder: string;
  readonly #metadata: MetadataStore;

  /** @param folder one folder a bucket is made in it */
  constructor(folder: string) {
    this.#folder = folder;
    this.#metadata = new MetadataStore(folder);
  }

  /** Makes a bucket, or finds it again. */
  async createBucket(bucket: string): Promise<void> {
    await mkdir(join(this.#folder, checkBucket(bucket)), { recursive: true });
  }

  /** All buckets with the time they were made. */
  async buckets(): Promise<readonly { readonly name: string; readonly createdAt: Date }[]> {
    await mkdir(this.#folder, { recursive: true });
    const entries = await readdir(this.#folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && entry.name !== SYSTEM_FOLDER);
    return Promise.all(
      names.map(async ({ name }) => ({
        name,
        createdAt: (await stat(join(this.#folder, name))).birthtime,
      })),
    );
  }

  /** @throws ServiceError NoSuchBucket */
  async requireBucket(bucket: string): Promise<void> {
    const found = await statOrNull(join(this.#folder, checkBucket(bucket)));
    if (found?.isDirectory() === true) return;
    throw new ServiceError('NoSuchBucket', `The specified bucket does not exist: ${bucket}`, 404);
  }

  path(bucket: string, key: string): string {
    return objectPath(this.#folder, bucket, key);
  }

  /** A new file name in the same file system, for what will be moved into place. */
  async temporaryFile(): Promise<string> {
    const folder = join(this.#folder, SYSTEM_FOLDER, 'temporary');
    await mkdir(folder, { recursive: true });
    return join(folder, randomUUID());
  }

  async list(bucket: string, prefix: string): Promise<readonly ObjectInfo[]> {
    const keys = await this.keys(bucket, prefix);
    const objects: ObjectInfo[] = [];
    for (const key of keys) {
      const object = await this.head(bucket, key);
      // It may have been deleted since the folder was read.
      if (object !== null) objects.push(object);
    }
    return objects;
  }

  /** Keys that start with prefix, in S3's order (UTF-8 bytes). */
  async keys(bucket: string, prefix: string): Promise<string[]> {
    await this.requireBucket(bucket);
    const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (
      start
        .split('/')
        .slice(0, -1)
        .some((part) => part === '' || part === '.' || part === '..')
    ) {
      return [];
    }
    const keys: string[] = [];
    await this.#walk(join(this.#folder, bucket, start), start, prefix, keys);
    return keys.sort(compareUtf8);
  }

  /** What S3 tells of an object; null where there is none. */
  async head(bucket: string, key: string): Promise<ObjectInfo | null> {
    const stats = await statOrNull(this.path(bucket, key));
    return stats?.isFile() === true ? this.#info(bucket, key, stats) : null;
  }

  /** Opens an object for reading: what is read stays the same when a new object takes its place. Null where there is none. */
  async open(bucket: string, key: string): Promise<{ info: ObjectInfo; file: FileHandle } | null> {
    const found = await this.head(bucket, key);
    if (found === null) return null;
    const file = await open(this.path(bucket, key));
    return { info: await this.#info(bucket, key, await file.stat()), file };
  }

  async put(bucket: string, key: string, body: Uint8Array | string): Promise<void> {
    const file = await this.temporaryFile();
    await writeFile(file, body);
    await this.putFile(bucket, key, file);
  }

  /** Moves a finished file into place; without metadata its ETag is made of size, time and inode. */
  async putFile(
    bucket: string,
    key: string,
    file: string,
    metadata?: ObjectMetadata,
  ): Promise<void> {
    const target = this.path(bucket, key);
    const [source] = await Promise.all([this.#inSameFileSystem(file), this.requireBucket(bucket)]);
    if (metadata !== undefined) {
      await this.#metadata.write(bucket, key, await stat(source), metadata);
    }
    // The folder is most often there. A delete may remove the emptied folder between the two calls: then once more.
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (attempt > 0) await mkdir(dirname(target), { recursive: true });
        return await rename(source, target);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' && attempt < 4 && (await statOrNull(source)) !== null) continue;
        await rm(source, { force: true });
        throw isConflict(code) ? conflict(key) : error;
      }
    }
  }

  async get(bucket: string, key: string): Promise<Uint8Array> {
    const path = this.path(bucket, key);
    await this.requireBucket(bucket);
    if ((await this.head(bucket, key)) === null) throw noSuchKey(key);
    return readFile(path);
  }

  /** Deletes an object; one that is not there is no error, as on AWS. */
  async delete(bucket: string, key: string): Promise<void> {
    const path = this.path(bucket, key);
    await this.requireBucket(bucket);
    if ((await statOrNull(path))?.isFile() !== true) return;
    await rm(path, { force: true });
    await this.#metadata.remove(bucket, key);
    await this.#removeEmptyFolders(dirname(path), join(this.#folder, bucket));
  }

  async #info(bucket: string, key: string, stats: Stats): Promise<ObjectInfo> {
    const { etag, headers } = await this.#metadata.read(bucket, key, stats);
    return { key, size: stats.size, lastModified: stats.mtime, etag, headers };
  }

  async #walk(folder: string, start: string, prefix: string, keys: string[]): Promise<void> {
    for (const entry of await readFolder(folder)) {
      const key = start + entry.name;
      if (entry.isFile()) {
        if (key.startsWith(prefix)) keys.push(key);
      } else if (entry.isDirectory()) {
        const below = `${key}/`;
        if (below.startsWith(prefix) || prefix.startsWith(below)) {
          await this.#walk(join(folder, entry.name), below, prefix, keys);
        }
      }
    }
  }

  async #removeEmptyFolders(folder: string, stop: string): Promise<void> {
    for (let at = folder; at.length > stop.length; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return;
        throw error;
      }
    }
  }

  async #inSameFileSystem(file: string): Promise<string> {
    const [own, its] = await Promise.all([stat(this.#folder), stat(file)]);
    if (own.dev === its.dev) return file;
    const copy = await this.temporaryFile();
    await copyFile(file, copy);
    await rm(file);
    return copy;
  }
}

/** @returns the 404 of a missing object */
export function noSuchKey(key: string): ServiceError {
  return new ServiceError('NoSuchKey', `The specified key does not exist: ${key}`, 404);
}

function isConflict(code: string | undefined): boolean {
  return code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST' || code === 'ENOTEMPTY';
}

function conflict(key: string): ServiceError {
  return new ServiceError(
    'InvalidRequest',
    `the key "${key}" is the folder of other objects, or an object lies where its folder would be: S3 allows both, files on one machine do not`,
  );
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function compareUtf8(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isAscii(text: string): boolean {
  return !/[^\x20-\x7f]/.test(text);
}
