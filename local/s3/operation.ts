import type { Readable } from 'node:stream';
import type { AnyRequest } from '../gateway/port.ts';
import { type Caller, ServiceError } from '../service.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import type { FolderObjectStore, ObjectInfo } from './object-store.ts';
import { renderXml, type XmlNode } from './xml.ts';

/** What a request asks for. */
export interface S3Call {
  /** Name as in the API: PutObject. */
  readonly operation: string;
  /** Empty for ListBuckets. */
  readonly bucket: string;
  /** Empty for operations on buckets. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** What operations work with. */
export interface S3Context {
  readonly store: FolderObjectStore;
  readonly uploads: MultipartUploads;
  readonly region: string;
  /** Runs changes of one object one after the other. */
  exclusive<T>(bucket: string, key: string, work: () => Promise<T>): Promise<T>;
}

/** An answer. */
export interface S3Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Readable;
}

/** One operation. Throws ServiceError. */
export type S3Operation = (
  context: S3Context,
  call: S3Call,
  request: AnyRequest,
  caller: Caller,
) => Promise<S3Reply>;

/** ARN of a bucket, or of an object in it. */
export function s3Arn(bucket: string, key?: string): string {
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}

/** An XML answer. */
export function xmlReply(root: string, node: XmlNode): S3Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: renderXml(root, node),
  };
}

/** A header as text; null where it is missing. */
export function header(request: AnyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : (value?.join(',') ?? null);
}

/** Headers of a request that are kept with the object. */
export function keptHeaders(request: AnyRequest): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value !== 'string') continue;
    if (name.startsWith('x-amz-meta-') || KEPT.has(name)) kept[name] = value;
    if (name === 'content-encoding') {
      const codings = value.split(',').map((coding) => coding.trim());
      const own = codings.filter((coding) => coding !== 'aws-chunked' && coding !== '');
      if (own.length > 0) kept[name] = own.join(',');
    }
  }
  return kept;
}

const KEPT = new Set([
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
]);

/** Headers that tell of an object. */
export function objectHeaders(info: ObjectInfo): Record<string, string | number> {
  return {
    'content-type': 'binary/octet-stream',
    ...info.headers,
    etag: `"${info.etag}"`,
    'last-modified': info.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
  };
}

/**
 * The error for an object that is not there: without s3:ListBucket AWS does not tell.
 * @returns NoSuchKey, or AccessDenied that says which permission would tell
 */
export function missing(call: S3Call, caller: Caller): ServiceError {
  try {
    caller.authorize('s3:ListBucket', s3Arn(call.bucket));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const why = `the object ${s3Arn(call.bucket, call.key)} does not exist, and without s3:ListBucket S3 answers that with AccessDenied`;
    return new ServiceError('AccessDenied', `${why}. ${error.message}`, 403);
  }
  return new ServiceError('NoSuchKey', `The specified key does not exist: ${call.key}`, 404);
}

/** @throws ServiceError PreconditionFailed where If-Match or If-None-Match of a write do not hold. */
export function checkWriteConditions(request: AnyRequest, found: ObjectInfo | null): void {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  if (ifNoneMatch !== null && ifNoneMatch !== '*') {
    throw new ServiceError('NotImplemented', 'If-None-Match of a write must be *', 501);
  }
  if (ifMatch !== null && found === null) {
    throw new ServiceError('NoSuchKey', 'If-Match: the object does not exist', 404);
  }
  const exists = ifNoneMatch === '*' && found !== null;
  if (exists || (ifMatch !== null && !matches(ifMatch, found?.etag ?? ''))) {
    const condition = exists ? 'If-None-Match' : 'If-Match';
    throw new ServiceError(
      'PreconditionFailed',
      `At least one of the pre-conditions you specified did not hold: ${condition}`,
      412,
    );
  }
}

/** Whether an ETag is in a header's list of them. */
export function matches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const wanted = item.trim().replaceAll(/^(?:W\/)?"?|"$/g, '');
    return wanted === '*' || wanted === etag;
  });
}
