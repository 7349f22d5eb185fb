import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { AnyRequest } from '../gateway/port.ts';
import { ServiceError } from '../service.ts';
import { AwsChunkedDecoder } from './chunked.ts';

/** A body that was received whole. */
export interface Upload {
  readonly file: string;
  readonly size: number;
  /** MD5, hexadecimal. */
  readonly md5: string;
}

type Digest = { update(bytes: Buffer): void; base64(): string };

/** Checksums that are verified; x-amz-checksum-crc32c and -crc64nvme are taken as they come. */
const VERIFIED: Readonly<Record<string, () => Digest>> = {
  'content-md5': () => hashDigest(createHash('md5')),
  'x-amz-checksum-crc32': crc32Digest,
  'x-amz-checksum-sha1': () => hashDigest(createHash('sha1')),
  'x-amz-checksum-sha256': () => hashDigest(createHash('sha256')),
};

/**
 * Writes a request's body to a file, decoded and checked.
 * @throws ServiceError BadDigest, IncompleteBody, XAmzContentSHA256Mismatch; the file is removed then.
 */
export async function receive(request: AnyRequest, file: string): Promise<Upload> {
  const headers = request.headers as Readonly<Record<string, string | undefined>>;
  const encoded =
    (headers['content-encoding'] ?? '').includes('aws-chunked') ||
    (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const decoder = encoded ? new AwsChunkedDecoder() : null;
  const announced = [...Object.keys(headers), headers['x-amz-trailer'] ?? ''];
  const digests = Object.entries(VERIFIED)
    .filter(([name]) => announced.includes(name))
    .map(([name, make]) => ({ name, digest: make() }));
  const md5 = createHash('md5');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      md5.update(chunk);
      for (const { digest } of digests) digest.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const steps = decoder === null ? [meter] : [decoder, meter];
    await pipeline([request as Readable, ...steps, createWriteStream(file)]);
    const sent = { ...headers, ...decoder?.trailers };
    for (const { name, digest } of digests) {
      const actual = digest.base64();
      if (sent[name] !== undefined && sent[name] !== actual) {
        throw new ServiceError(
          'BadDigest',
          `The ${name} you specified did not match: got ${actual}`,
        );
      }
    }
    checkLength(headers, encoded, size);
    return { file, size, md5: md5.digest('hex') };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

function checkLength(
  headers: Readonly<Record<string, string | undefined>>,
  encoded: boolean,
  size: number,
): void {
  const announced = headers[encoded ? 'x-amz-decoded-content-length' : 'content-length'];
  if (announced === undefined || Number(announced) === size) return;
  throw new ServiceError('IncompleteBody', `${announced} bytes were announced, ${size} came`);
}

function hashDigest(hash: Hash): Digest {
  return { update: (bytes) => void hash.update(bytes), base64: () => hash.digest('base64') };
}

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}
