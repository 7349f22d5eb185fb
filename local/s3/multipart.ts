import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { AnyRequest } from '../gateway/port.ts';
import { readBody } from '../gateway/request.ts';
import { type Caller, ServiceError } from '../service.ts';
import { copySource, parseRange } from './objects.ts';
import {
  checkWriteConditions,
  header,
  keptHeaders,
  missing,
  type S3Call,
  type S3Context,
  type S3Operation,
  s3Arn,
  xmlReply,
} from './operation.ts';
import { receive, type Upload } from './upload.ts';
import { elementsOf, textOf } from './xml.ts';

const MAX_PART_NUMBER = 10_000;

/** CreateMultipartUpload. */
export const createMultipartUpload: S3Operation = async (context, call, request, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:PutObject', s3Arn(bucket, key));
  await context.store.requireBucket(bucket);
  context.store.path(bucket, key);
  const id = await context.uploads.create(bucket, key, keptHeaders(request));
  return xmlReply('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
};

/** UploadPart. */
export const uploadPart: S3Operation = async (context, call, request, caller) => {
  caller.authorize('s3:PutObject', s3Arn(call.bucket, call.key));
  const { id } = await upload(context, call);
  const number = partNumber(call);
  const received = await receive(request, await context.store.temporaryFile());
  await context.uploads.addPart(id, number, received);
  return { status: 200, headers: { etag: `"${received.md5}"` } };
};

/** UploadPartCopy. */
export const uploadPartCopy: S3Operation = async (context, call, request, caller) => {
  const source = copySource(request);
  caller.authorize('s3:GetObject', s3Arn(source.bucket, source.key));
  caller.authorize('s3:PutObject', s3Arn(call.bucket, call.key));
  const { id } = await upload(context, call);
  const number = partNumber(call);
  const part = await copyPart(context, { ...call, ...source }, request, caller);
  await context.uploads.addPart(id, number, part);
  return xmlReply('CopyPartResult', {
    LastModified: new Date().toISOString(),
    ETag: `"${part.md5}"`,
  });
};

/** CompleteMultipartUpload. */
export const completeMultipartUpload: S3Operation = async (context, call, request, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:PutObject', s3Arn(bucket, key));
  const { id, headers } = await upload(context, call);
  const xml = (await readBody(request)).toString('utf8');
  const chosen = elementsOf(xml, 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').replaceAll('"', ''),
  }));
  if (chosen.length === 0)
    throw new ServiceError('MalformedXML', 'at least one Part must be named');
  const file = await context.store.temporaryFile();
  const etag = await context.exclusive(bucket, key, async () => {
    checkWriteConditions(request, await context.store.head(bucket, key));
    const whole = await context.uploads.assemble(id, chosen, file);
    await context.store.putFile(bucket, key, file, { etag: whole, headers });
    return whole;
  });
  await context.uploads.remove(id);
  return xmlReply('CompleteMultipartUploadResult', {
    Location: `/${bucket}/${key}`,
    Bucket: bucket,
    Key: key,
    ETag: `"${etag}"`,
  });
};

/** AbortMultipartUpload. */
export const abortMultipartUpload: S3Operation = async (context, call, _, caller) => {
  caller.authorize('s3:AbortMultipartUpload', s3Arn(call.bucket, call.key));
  const { id } = await upload(context, call);
  await context.uploads.remove(id);
  return { status: 204 };
};

/** ListParts: always in one page. */
export const listParts: S3Operation = async (context, call, _, caller) => {
  const { bucket, key } = call;
  caller.authorize('s3:ListMultipartUploadParts', s3Arn(bucket, key));
  const { id } = await upload(context, call);
  const parts = await context.uploads.parts(id);
  return xmlReply('ListPartsResult', {
    Bucket: bucket,
    Key: key,
    UploadId: id,
    MaxParts: MAX_PART_NUMBER,
    IsTruncated: false,
    Part: parts.map(({ number, md5, size }) => ({
      PartNumber: number,
      ETag: `"${md5}"`,
      Size: size,
    })),
  });
};

function upload({ uploads }: S3Context, { bucket, key, query }: S3Call) {
  return uploads.get(query.get('uploadId') ?? '', bucket, key);
}

function partNumber({ query }: S3Call): number {
  const number = Number(query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw new ServiceError(
    'InvalidArgument',
    `partNumber must be 1 to ${MAX_PART_NUMBER}, got ${query.get('partNumber')}`,
  );
}

async function copyPart(
  { store }: S3Context,
  source: S3Call,
  request: AnyRequest,
  caller: Caller,
): Promise<Upload> {
  const found = await store.head(source.bucket, source.key);
  if (found === null) throw missing(source, caller);
  const range = parseRange(header(request, 'x-amz-copy-source-range'), found.size);
  const { start, end } = range ?? { start: 0, end: Math.max(0, found.size - 1) };
  const file = await store.temporaryFile();
  const md5 = createHash('md5');
  let size = 0;
  const bytes = createReadStream(store.path(source.bucket, source.key), { start, end });
  bytes.on('data', (chunk) => {
    size += chunk.length;
    md5.update(chunk);
  });
  try {
    await pipeline(bytes, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { file, size, md5: md5.digest('hex') };
}
