import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isTooLateToSend } from '../../core/dead-letters.ts';
import type { DeadLetter } from '../../core/event.ts';
import { DEAD_LETTER_FALLBACK, FAILED_BATCH_PREFIX, PREFIX } from '../../core/layout.ts';
import { failedBatchLetters } from './failed-batch.ts';
import { firehoseLetters } from './firehose-errors.ts';
import type { DeadLetterObjects, Undelivered } from './gather.ts';
import { keptLetter } from './letter.ts';

/** Records that Firehose could not convert, in the lake bucket. */
export function firehoseErrors(client: S3Client, bucket: string): Undelivered {
  return {
    ...objects(client, bucket, PREFIX.errors),
    letters: (key) => errorLetters(client, bucket, key),
  };
}

/** Batches that consumers of the stream gave up, in the bucket of dead letters. */
export function failedBatches(client: S3Client, bucket: string): Undelivered {
  return {
    ...objects(client, bucket, FAILED_BATCH_PREFIX),
    letters: (key) => batchLetters(client, bucket, key),
  };
}

/** Dead letters that wait in the lake bucket since their delivery stream did not take them, and are too late for it. */
export function lateLetters(client: S3Client, bucket: string, now: number): Undelivered {
  const { keys, remove } = objects(client, bucket, DEAD_LETTER_FALLBACK);
  return {
    remove,
    async *keys() {
      for await (const object of keys()) if (isTooLateToSend(object.key, now)) yield object;
    },
    letters: (key) => fallbackLetters(client, bucket, key),
  };
}

/** The bucket of dead letters. */
export function deadLetterObjects(client: S3Client, bucket: string): DeadLetterObjects {
  return {
    put: async (key, letters) => {
      const text = letters.map((letter) => `${JSON.stringify(letter)}\n`).join('');
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: gzipSync(text),
          ContentType: 'application/x-ndjson',
        }),
      );
    },
  };
}

async function* errorLetters(
  client: S3Client,
  bucket: string,
  key: string,
): AsyncGenerator<DeadLetter> {
  const body = await bodyOf(client, bucket, key);
  if (!(body instanceof Readable)) throw new Error(`s3://${bucket}/${key} came as no stream`);
  let number = 0;
  for await (const line of linesOf(body)) {
    if (line !== '') yield* firehoseLetters(line, number, key);
    number++;
  }
}

/** Lines, ended by line feeds only: node:readline ends one at U+2028 too, which JSON may hold. */
async function* linesOf(body: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function* batchLetters(
  client: S3Client,
  bucket: string,
  key: string,
): AsyncGenerator<DeadLetter> {
  const body = await bodyOf(client, bucket, key);
  yield* failedBatchLetters(await body.transformToString(), key);
}

async function* fallbackLetters(
  client: S3Client,
  bucket: string,
  key: string,
): AsyncGenerator<DeadLetter> {
  const body = await bodyOf(client, bucket, key);
  for (const line of (await body.transformToString()).split('\n')) {
    if (line !== '') yield keptLetter(line, key);
  }
}

async function bodyOf(client: S3Client, bucket: string, key: string) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (Body === undefined) throw new Error(`s3://${bucket}/${key} came without a body`);
  return Body;
}

function objects(
  client: S3Client,
  bucket: string,
  prefix: string,
): Pick<Undelivered, 'keys' | 'remove'> {
  return {
    async *keys() {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages) {
        for (const { Key: key, LastModified: modified } of Contents) {
          if (key !== undefined && !key.endsWith('/')) {
            yield { key, modifiedAt: modified?.getTime() ?? 0 };
          }
        }
      }
    },
    remove: async (key) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
