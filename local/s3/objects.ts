import { createReadStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { AnyRequest } from '../gateway/port.ts';
import { ServiceError } from '../service.ts';
import { noSuchKey, type ObjectInfo } from './object-store.ts';
import {
  checkWriteConditions,
  header,
  keptHeaders,
  matches,
  missing,
  objectHeaders,
  type S3Operation,
  type S3Reply,
  s3Arn,
  xmlReply,
} from './operation.ts';
import { receive } from './upload.ts';

/** PutObject. */
export const putObject: S3Operation = async ({ store, exclusive }, call, request, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:PutObject', s3Arn(bucket, key));
  await store.requireBucket(bucket);
  store.path(bucket, key);
  const upload = await receive(request, await store.temporaryFile());
  await exclusive(bucket, key, async () => {
    checkWriteConditions(request, await store.head(bucket, key));
    const metadata = { etag: upload.md5, headers: keptHeaders(request) };
    await store.putFile(bucket, key, upload.file, metadata);
  });
  return { status: 200, headers: { etag: `"${upload.md5}"` } };
};

/** GetObject, with Range and conditions. */
export const getObject: S3Operation = async ({ store }, call, request, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:GetObject', s3Arn(bucket, key));
  await store.requireBucket(bucket);
  const opened = await store.open(bucket, key);
  if (opened === null) throw missing(call, caller);
  const { info, file } = opened;
  try {
    const unchanged = checkReadConditions(request, info);
    if (unchanged !== null) {
      await file.close();
      return unchanged;
    }
    const range = parseRange(header(request, 'range'), info.size);
    const headers = { ...objectHeaders(info), ...overrides(call.query) };
    if (info.size === 0) {
      await file.close();
      return { status: 200, headers: { ...headers, 'content-length': 0 } };
    }
    const { start, end } = range ?? { start: 0, end: info.size - 1 };
    const body = createReadStream('', { fd: file, start, end });
    const length = { 'content-length': end - start + 1 };
    if (range === null) return { status: 200, headers: { ...headers, ...length }, body };
    const contentRange = { 'content-range': `bytes ${start}-${end}/${info.size}` };
    return { status: 206, headers: { ...headers, ...length, ...contentRange }, body };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** HeadObject. */
export const headObject: S3Operation = async ({ store }, call, request, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:GetObject', s3Arn(bucket, key));
  await store.requireBucket(bucket);
  const info = await store.head(bucket, key);
  if (info === null) throw missing(call, caller);
  const unchanged = checkReadConditions(request, info);
  if (unchanged !== null) return unchanged;
  return { status: 200, headers: { ...objectHeaders(info), 'content-length': info.size } };
};

/** DeleteObject. */
export const deleteObject: S3Operation = async ({ store, exclusive }, call, _, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:DeleteObject', s3Arn(bucket, key));
  await exclusive(bucket, key, () => store.delete(bucket, key));
  return { status: 204 };
};

/** CopyObject. */
export const copyObject: S3Operation = async ({ store, exclusive }, call, request, caller) => {
  const { bucket, key } = call;
  const source = copySource(request);
  caller.authorize('s3:GetObject', s3Arn(source.bucket, source.key));
  caller.authorize('s3:PutObject', s3Arn(bucket, key));
  await store.requireBucket(source.bucket);
  await store.requireBucket(bucket);
  const found = await store.head(source.bucket, source.key);
  if (found === null) throw missing({ ...call, ...source }, caller);
  const ifMatch = header(request, 'x-amz-copy-source-if-match');
  if (ifMatch !== null && !matches(ifMatch, found.etag))
    throw preconditionFailed('copy-source-if-match');
  const file = await store.temporaryFile();
  await copyFile(store.path(source.bucket, source.key), file);
  const replace = header(request, 'x-amz-metadata-directive') === 'REPLACE';
  const headers = replace ? keptHeaders(request) : found.headers;
  await exclusive(bucket, key, async () => {
    checkWriteConditions(request, await store.head(bucket, key));
    await store.putFile(bucket, key, file, { etag: found.etag, headers });
  });
  const copied = await store.head(bucket, key);
  if (copied === null) throw noSuchKey(key);
  return xmlReply('CopyObjectResult', {
    LastModified: copied.lastModified.toISOString(),
    ETag: `"${copied.etag}"`,
  });
};

/**
 * Bucket and key of x-amz-copy-source.
 * @throws ServiceError InvalidArgument
 */
export function copySource(request: AnyRequest): { readonly bucket: string; readonly key: string } {
  const value = decodeURIComponent(header(request, 'x-amz-copy-source') ?? '').replace(/^\//, '');
  const slash = value.indexOf('/');
  if (slash < 1 || slash === value.length - 1 || value.includes('?versionId=')) {
    throw new ServiceError(
      'InvalidArgument',
      `x-amz-copy-source must be bucket/key without a version, got "${value}"`,
    );
  }
  return { bucket: value.slice(0, slash), key: value.slice(slash + 1) };
}

/** The bytes that a Range header selects; null for the whole object (no header, or one with several ranges). */
export function parseRange(
  value: string | null,
  size: number,
): { readonly start: number; readonly end: number } | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end || (first === '' && last === '0')) {
    throw new ServiceError(
      'InvalidRange',
      `The requested range is not satisfiable: ${value} of ${size} bytes`,
      416,
    );
  }
  return { start, end };
}

function checkReadConditions(request: AnyRequest, info: ObjectInfo): S3Reply | null {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  const seconds = Math.floor(info.lastModified.getTime() / 1000) * 1000;
  const before = Date.parse(header(request, 'if-unmodified-since') ?? '');
  const since = Date.parse(header(request, 'if-modified-since') ?? '');
  if (ifMatch !== null && !matches(ifMatch, info.etag)) throw preconditionFailed('If-Match');
  if (ifMatch === null && seconds > before) throw preconditionFailed('If-Unmodified-Since');
  const same = ifNoneMatch === null ? seconds <= since : matches(ifNoneMatch, info.etag);
  return same ? { status: 304, headers: { etag: `"${info.etag}"` } } : null;
}

function preconditionFailed(condition: string): ServiceError {
  const message = `At least one of the pre-conditions you specified did not hold: ${condition}`;
  return new ServiceError('PreconditionFailed', message, 412);
}

/** Headers that a presigned URL sets: response-content-type and the like. */
function overrides(query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  }
  return headers;
}
