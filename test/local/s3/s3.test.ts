import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { clientOptions, resource, startStack } from '../gateway/local-stack.ts';

const Bucket = 'lake';

async function withBucket(options: Parameters<typeof startStack>[0] = {}) {
  const stack = await startStack(options);
  await stack.s3.handlers['AWS::S3::Bucket']?.create(resource('AWS::S3::Bucket', Bucket));
  const client = new S3Client(stack.client);
  const close = async () => {
    client.destroy();
    await stack.close();
  };
  const put = (Key: string, Body: string) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return { ...stack, client, put, close };
}

async function text(client: S3Client, Key: string, Range?: string) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return (await Body?.transformToString()) ?? '';
}

describe('the local S3', () => {
  it('stores an object as a file and gives back bytes, type and metadata', async () => {
    const { client, s3, close } = await withBucket();
    const Key = 'raw/dt=2026-11-21/ü & x+y.json';

    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: 'hello',
        ContentType: 'text/plain',
        Metadata: { a: 'b' },
      }),
    );
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));

    expect(put.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({ ETag: put.ETag, ContentType: 'text/plain', Metadata: { a: 'b' } });
    expect(Buffer.from(await s3.store.get(Bucket, Key)).toString()).toBe('hello');
    await close();
  });

  it('decodes streamed uploads with trailers and checks their checksums', async () => {
    const { client, url, close } = await withBucket();
    const body = 'x'.repeat(300_000);
    const stream = Readable.from([Buffer.from(body.slice(0, 100)), Buffer.from(body.slice(100))]);

    await client.send(
      new PutObjectCommand({ Bucket, Key: 'streamed', Body: stream, ContentLength: body.length }),
    );
    const wrong = await fetch(`${url}/${Bucket}/wrong`, {
      method: 'PUT',
      body: '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32',
        'x-amz-decoded-content-length': '5',
      },
    });

    expect(await text(client, 'streamed')).toBe(body);
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('BadDigest')]);
    await expect(text(client, 'wrong')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await close();
  });

  it('honours ranges and conditions', async () => {
    const { client, put, close } = await withBucket();
    const { ETag } = await put('k', '0123456789');
    const get = (more: object) => client.send(new GetObjectCommand({ Bucket, Key: 'k', ...more }));
    const again = (more: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'new', ...more }));

    expect(await text(client, 'k', 'bytes=2-4')).toBe('234');
    expect(await text(client, 'k', 'bytes=-3')).toBe('789');
    expect((await get({ Range: 'bytes=5-' })).ContentRange).toBe('bytes 5-9/10');
    await expect(get({ Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(get({ IfMatch: '"0"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(again({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(again({ IfMatch: '"0"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await again({ IfMatch: ETag });
    expect(await text(client, 'k')).toBe('new');
    await close();
  });

  it('lets one of several writers win that all ask for a new object', async () => {
    const { client, close } = await withBucket();

    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        client.send(
          new PutObjectCommand({ Bucket, Key: 'lock', Body: `${index}`, IfNoneMatch: '*' }),
        ),
      ),
    );

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await close();
  });

  it('lists by prefix and delimiter in key order, page by page', async () => {
    const { client, put, close } = await withBucket();
    const keys = ['a-b', 'a/1', 'a/2', 'a/b/3', 'a0', 'b'];
    for (const key of [...keys].reverse()) await put(key, key);
    const list = (more: object) => client.send(new ListObjectsV2Command({ Bucket, ...more }));

    const all = await list({});
    const folder = await list({ Prefix: 'a/', Delimiter: '/' });
    const pages: string[] = [];
    for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
      const page = await list({ MaxKeys: 1, Delimiter: '/', ContinuationToken: token });
      pages.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      pages.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
      token = page.NextContinuationToken;
    }
    const after = await list({ StartAfter: 'a/2' });
    const v1 = await client.send(new ListObjectsCommand({ Bucket, Marker: 'a/b/3', MaxKeys: 1 }));

    expect(all.Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect(folder.Contents?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
    expect(folder.CommonPrefixes).toEqual([{ Prefix: 'a/b/' }]);
    expect(pages).toEqual(['a-b', 'a/', 'a0', 'b']);
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['a/b/3', 'a0', 'b']);
    expect([v1.Contents?.map(({ Key }) => Key), v1.IsTruncated]).toEqual([['a0'], true]);
    await close();
  });

  it('copies, deletes one and many, and knows its buckets', async () => {
    const { client, put, close } = await withBucket();
    await put('from', 'copied');

    await client.send(
      new CopyObjectCommand({ Bucket, Key: 'to/here', CopySource: `${Bucket}/from` }),
    );
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'from' }));
    const copied = await text(client, 'to/here');
    const deleted = await client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'to/here' }, { Key: 'none' }] },
      }),
    );
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));

    expect(copied).toBe('copied');
    expect(deleted.Deleted?.map(({ Key }) => Key)).toEqual(['to/here', 'none']);
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
    expect(LocationConstraint ?? '').toBe('');
    await client.send(new HeadBucketCommand({ Bucket }));
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'from' }))).rejects.toMatchObject(
      { name: 'NotFound' },
    );
    await expect(client.send(new ListObjectsV2Command({ Bucket: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await close();
  });

  it('puts an object together from parts', async () => {
    const { client, close } = await withBucket();
    const Key = 'big';
    const parts = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.from('end')];
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const tags: { PartNumber: number; ETag?: string }[] = [];
    for (const [index, Body] of parts.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
      );
      tags.push({ PartNumber, ETag });
    }

    const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    const wrong = client.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 7, ETag: 'x' }] },
      }),
    );
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidPart' });
    const done = await client.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: tags },
      }),
    );

    expect(Parts?.map(({ Size }) => Size)).toEqual([5 * 1024 * 1024, 3]);
    expect(done.ETag).toMatch(/-2"$/);
    expect(await text(client, Key, 'bytes=5242878-')).toBe('aaend');
    await expect(
      client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await close();
  });

  it('refuses keys that have no file of their own, and what it does not implement, by name', async () => {
    const { client, put, url, close } = await withBucket();
    await put('a', 'object');
    await put('b/c', 'object');

    await expect(put('a/b', 'x')).rejects.toThrow(/folder/);
    await expect(put('b', 'x')).rejects.toThrow(/folder/);
    for (const key of ['x//y', 'x/', 'x/../y']) {
      const answer = await fetch(`${url}/${Bucket}/${key.replace('..', '%2E%2E%2F..')}`, {
        method: 'PUT',
        body: '',
      });
      expect([key, answer.status]).toEqual([key, 400]);
    }
    const tagging = await fetch(`${url}/${Bucket}/a?tagging`);
    expect([tagging.status, await tagging.text()]).toEqual([
      501,
      expect.stringContaining('with tagging'),
    ]);
    client.destroy();
    await close();
  });

  it("checks each call against the caller's role and says what would mend it", async () => {
    const role = {
      logicalId: 'CollectRole',
      accessKeyId: 'COLLECT',
      statements: [
        { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/fallback/*` },
        { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
      ],
    };
    const { url, close } = await withBucket({ roles: [role] });
    const client = new S3Client(clientOptions(url, 'COLLECT'));
    const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

    await put('fallback/x');
    await expect(put('raw/x')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /CollectRole is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::lake\/raw\/x.*\{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake\/raw\/x"\}/,
      ),
    });
    await expect(text(client, 'fallback/none')).rejects.toThrow(/does not exist.*s3:ListBucket/);
    client.destroy();
    await close();
  });
});
