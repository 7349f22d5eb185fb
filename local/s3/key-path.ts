import { join, sep } from 'node:path';
import { ServiceError } from '../service.ts';

/** Folder beside the buckets for temporary files and what S3 knows of an object beyond its bytes. */
export const SYSTEM_FOLDER = '.s3';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_SEGMENT_BYTES = 255;

/** Checks a bucket name. @throws ServiceError InvalidBucketName */
export function checkBucket(bucket: string): string {
  if (BUCKET.test(bucket)) return bucket;
  throw new ServiceError('InvalidBucketName', `The specified bucket is not valid: ${bucket}`);
}

/**
 * The file of an object: <folder>/<bucket>/<key>.
 * @throws ServiceError where the key has no file of its own: empty segments, `.`, `..`, a trailing slash, too long.
 */
export function objectPath(folder: string, bucket: string, key: string): string {
  checkBucket(bucket);
  if (Buffer.byteLength(key) > 1024) {
    throw new ServiceError('KeyTooLongError', 'Your key is too long: at most 1024 bytes');
  }
  for (const segment of key.split('/')) {
    const reason = unusable(segment);
    if (reason !== null) {
      throw new ServiceError(
        'InvalidArgument',
        `the key "${key}" has no file on one machine: ${reason} between its slashes`,
      );
    }
  }
  return join(folder, bucket, key.split('/').join(sep));
}

function unusable(segment: string): string | null {
  if (segment === '') return 'nothing';
  if (segment === '.' || segment === '..') return `"${segment}"`;
  if (segment.includes('\0') || segment.includes('\\')) return 'a NUL or backslash';
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `more than ${MAX_SEGMENT_BYTES} bytes`;
  return null;
}
