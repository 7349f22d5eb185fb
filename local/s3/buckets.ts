import { readBody } from '../gateway/request.ts';
import { ServiceError } from '../service.ts';
import { type S3Call, type S3Operation, s3Arn, xmlReply } from './operation.ts';
import { elementsOf, textOf, type XmlNode } from './xml.ts';

const MAX_KEYS = 1000;

/** ListBuckets. */
export const listBuckets: S3Operation = async ({ store, region }, _call, _request, caller) => {
  caller.authorize('s3:ListAllMyBuckets', '*');
  const buckets = await store.buckets();
  return xmlReply('ListAllMyBucketsResult', {
    Buckets: {
      Bucket: buckets.map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: createdAt.toISOString(),
        BucketRegion: region,
      })),
    },
    Owner: { ID: 'local' },
  });
};

/** HeadBucket. */
export const headBucket: S3Operation = async ({ store, region }, { bucket }, _, caller) => {
  caller.authorize('s3:ListBucket', s3Arn(bucket));
  await store.requireBucket(bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
};

/** GetBucketLocation: empty for us-east-1, as on AWS. */
export const getBucketLocation: S3Operation = async ({ store, region }, { bucket }, _, caller) => {
  caller.authorize('s3:GetBucketLocation', s3Arn(bucket));
  await store.requireBucket(bucket);
  const location = region === 'us-east-1' ? '' : region;
  const reply = xmlReply('LocationConstraint', {});
  return { ...reply, body: (reply.body as string).replace('></', `>${location}</`) };
};

/** ListObjectsV2. */
export const listObjectsV2: S3Operation = async (context, call, _, caller) => {
  const { query } = call;
  const token = query.get('continuation-token');
  const after = token === null ? query.get('start-after') : fromToken(token);
  authorizeList(call, caller);
  const page = await readPage(context.store, call, after);
  const encode = encoder(query);
  return xmlReply('ListBucketResult', {
    ...common(call, page, encode),
    KeyCount: page.contents.length + page.prefixes.length,
    ContinuationToken: token ?? undefined,
    StartAfter: query.has('start-after') ? encode(query.get('start-after') ?? '') : undefined,
    NextContinuationToken: page.next === null ? undefined : toToken(page.next),
  });
};

/** ListObjects, version 1. */
export const listObjects: S3Operation = async (context, call, _, caller) => {
  authorizeList(call, caller);
  const marker = call.query.get('marker');
  const page = await readPage(context.store, call, marker);
  const encode = encoder(call.query);
  return xmlReply('ListBucketResult', {
    ...common(call, page, encode),
    Marker: encode(marker ?? ''),
    NextMarker: page.next === null ? undefined : encode(page.next),
  });
};

/** DeleteObjects. */
export const deleteObjects: S3Operation = async (
  { store, exclusive },
  { bucket },
  request,
  caller,
) => {
  await store.requireBucket(bucket);
  const xml = (await readBody(request)).toString('utf8');
  const keys = elementsOf(xml, 'Object').map((object) => textOf(object, 'Key') ?? '');
  if (keys.length === 0 || keys.length > MAX_KEYS) {
    throw new ServiceError(
      'MalformedXML',
      `1 to ${MAX_KEYS} objects must be named, got ${keys.length}`,
    );
  }
  const deleted: XmlNode[] = [];
  const failed: XmlNode[] = [];
  for (const key of keys) {
    try {
      caller.authorize('s3:DeleteObject', s3Arn(bucket, key));
      await exclusive(bucket, key, () => store.delete(bucket, key));
      deleted.push({ Key: key });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code;
      failed.push({ Key: key, Code: code, Message: error.message });
    }
  }
  const quiet = textOf(xml, 'Quiet') === 'true';
  return xmlReply('DeleteResult', { Deleted: quiet ? [] : deleted, Error: failed });
};

interface Page {
  readonly contents: readonly XmlNode[];
  readonly prefixes: readonly string[];
  readonly maxKeys: number;
  /** Last key or common prefix of the page; null where it is the last page. */
  readonly next: string | null;
}

type Encode = (text: string) => string;
type Context = Parameters<S3Operation>[0];

function authorizeList({ bucket, query }: S3Call, caller: Parameters<S3Operation>[3]): void {
  caller.authorize('s3:ListBucket', s3Arn(bucket), {
    's3:prefix': query.get('prefix') ?? '',
    's3:delimiter': query.get('delimiter') ?? '',
  });
}

async function readPage(
  store: Context['store'],
  { bucket, query }: S3Call,
  after: string | null,
): Promise<Page> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = Math.min(MAX_KEYS, parseMaxKeys(query.get('max-keys')));
  const encode = encoder(query);
  const contents: XmlNode[] = [];
  const prefixes: string[] = [];
  let last: string | null = null;
  for (const key of await store.keys(bucket, prefix)) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut === -1 ? null : key.slice(0, cut + delimiter.length);
    if (common !== null && common === prefixes.at(-1)) continue;
    const entry = common ?? key;
    // A page that ended with a common prefix goes on behind all keys under it.
    if (after !== null && (isUpTo(entry, after) || (common !== null && after.startsWith(common))))
      continue;
    if (contents.length + prefixes.length === maxKeys) {
      return { contents, prefixes, maxKeys, next: maxKeys === 0 ? null : last };
    }
    last = entry;
    if (common !== null) {
      prefixes.push(common);
      continue;
    }
    const info = await store.head(bucket, key);
    if (info === null) continue;
    contents.push({
      Key: encode(key),
      LastModified: info.lastModified.toISOString(),
      ETag: `"${info.etag}"`,
      Size: info.size,
      StorageClass: 'STANDARD',
    });
  }
  return { contents, prefixes, maxKeys, next: null };
}

function isUpTo(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0;
}

function common({ bucket, query }: S3Call, page: Page, encode: Encode): XmlNode {
  return {
    Name: bucket,
    Prefix: encode(query.get('prefix') ?? ''),
    Delimiter: query.has('delimiter') ? encode(query.get('delimiter') ?? '') : undefined,
    MaxKeys: page.maxKeys,
    EncodingType: query.get('encoding-type') ?? undefined,
    IsTruncated: page.next !== null,
    Contents: page.contents,
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

function encoder(query: URLSearchParams): Encode {
  const encoding = query.get('encoding-type');
  if (encoding === null) return (text) => text;
  if (encoding !== 'url') {
    throw new ServiceError('InvalidArgument', `encoding-type must be url, got ${encoding}`);
  }
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

function parseMaxKeys(value: string | null): number {
  if (value === null) return MAX_KEYS;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new ServiceError('InvalidArgument', `max-keys must be a whole number, got ${value}`);
}

function toToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
