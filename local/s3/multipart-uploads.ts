import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../service.ts';
import { SYSTEM_FOLDER } from './key-path.ts';
import type { Upload } from './upload.ts';

/** A multipart upload under way. */
export interface MultipartUpload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A part that was received. */
export interface Part {
  readonly number: number;
  readonly md5: string;
  readonly size: number;
}

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** Multipart uploads under way: a folder each, so that they survive a restart. */
export class MultipartUploads {
  readonly #folder: string;

  /** @param folder that of the buckets */
  constructor(folder: string) {
    this.#folder = join(folder, SYSTEM_FOLDER, 'uploads');
  }

  /** Starts an upload. */
  async create(bucket: string, key: string, headers: Record<string, string>): Promise<string> {
    const id = randomBytes(24).toString('hex');
    await mkdir(join(this.#folder, id), { recursive: true });
    await writeFile(
      join(this.#folder, id, 'upload.json'),
      JSON.stringify({ id, bucket, key, headers }),
    );
    return id;
  }

  /** @throws ServiceError NoSuchUpload where it is not there or is another object's. */
  async get(id: string, bucket: string, key: string): Promise<MultipartUpload> {
    const gone = new ServiceError(
      'NoSuchUpload',
      `The specified upload does not exist: ${id}`,
      404,
    );
    if (!/^[0-9a-f]{48}$/.test(id)) throw gone;
    let json: string;
    try {
      json = await readFile(join(this.#folder, id, 'upload.json'), 'utf8');
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? gone : error;
    }
    const upload = JSON.parse(json) as MultipartUpload;
    if (upload.bucket !== bucket || upload.key !== key) throw gone;
    return upload;
  }

  /** Adds a part, or replaces the one of the same number. */
  async addPart(id: string, number: number, { file, md5, size }: Upload): Promise<void> {
    const name = String(number).padStart(5, '0');
    const folder = join(this.#folder, id);
    for (const old of await readdir(folder)) {
      if (old.startsWith(`${name}-`) && old !== `${name}-${md5}-${size}`)
        await rm(join(folder, old));
    }
    await rename(file, join(folder, `${name}-${md5}-${size}`));
  }

  /** Parts that were received, by number. */
  async parts(id: string): Promise<Part[]> {
    const names = (await readdir(join(this.#folder, id))).sort();
    return names.flatMap((name) => {
      const [, number, md5 = '', size] = /^(\d{5})-([0-9a-f]{32})-(\d+)$/.exec(name) ?? [];
      return number === undefined ? [] : [{ number: Number(number), md5, size: Number(size) }];
    });
  }

  /**
   * Writes the chosen parts into one file.
   * @returns the ETag of the whole: MD5 of the parts' MD5s, and their number
   * @throws ServiceError InvalidPart, InvalidPartOrder, EntityTooSmall
   */
  async assemble(
    id: string,
    chosen: readonly { readonly number: number; readonly etag: string }[],
    file: string,
  ): Promise<string> {
    const received = new Map((await this.parts(id)).map((part) => [part.number, part]));
    const hash = createHash('md5');
    let last = 0;
    for (const [index, { number, etag }] of chosen.entries()) {
      const part = received.get(number);
      if (part === undefined || part.md5 !== etag) {
        throw new ServiceError('InvalidPart', `part ${number} with ETag ${etag} was not uploaded`);
      }
      if (number <= last)
        throw new ServiceError('InvalidPartOrder', 'parts must be in ascending order');
      last = number;
      if (index < chosen.length - 1 && part.size < MIN_PART_BYTES) {
        throw new ServiceError(
          'EntityTooSmall',
          `part ${number} has ${part.size} bytes; all but the last need ${MIN_PART_BYTES}`,
        );
      }
      hash.update(Buffer.from(part.md5, 'hex'));
      const name = `${String(number).padStart(5, '0')}-${part.md5}-${part.size}`;
      const source = createReadStream(join(this.#folder, id, name));
      await pipeline(source, createWriteStream(file, { flags: index === 0 ? 'w' : 'a' }));
    }
    return `${hash.digest('hex')}-${chosen.length}`;
  }

  /** Forgets an upload and its parts. */
  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }
}
