import { createHash, type Hash } from 'node:crypto';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { hourOfKey } from '../../core/arrival-hours.ts';
import { PREFIX } from '../../core/layout.ts';

/** What lies under one arrival hour of raw_events. */
export interface ListedHour {
  readonly hour: string;
  /** Hash of the objects' names and sizes. */
  readonly version: string;
  readonly objects: number;
  readonly bytes: number;
}

/** Days of arrival that have objects, in order. */
export async function listArrivalDays(s3: S3Client, bucket: string): Promise<string[]> {
  const days: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: PREFIX.raw,
        Delimiter: '/',
        ContinuationToken: token,
      }),
    );
    for (const { Prefix: prefix } of page.CommonPrefixes ?? []) {
      const match = /dt=(\d{4}-\d{2}-\d{2})\/$/.exec(prefix ?? '');
      if (match !== null) days.push(match[1]!);
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return days.sort();
}

/** Hours of one day of arrival, in order, each with the version of its objects. */
export async function listHours(s3: S3Client, bucket: string, day: string): Promise<ListedHour[]> {
  const hours = new Map<string, { hash: Hash; objects: number; bytes: number }>();
  for await (const { key, size } of listObjects(s3, bucket, `${PREFIX.raw}dt=${day}/`)) {
    const hour = hourOfKey(key);
    if (hour === undefined) continue;
    const counted = hours.get(hour) ?? { hash: createHash('sha256'), objects: 0, bytes: 0 };
    counted.hash.update(`${key} ${size}\n`);
    counted.objects += 1;
    counted.bytes += size;
    hours.set(hour, counted);
  }
  return [...hours].map(([hour, { hash, objects, bytes }]) => ({
    hour,
    version: hash.digest('hex').slice(0, 16),
    objects,
    bytes,
  }));
}

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Epoch ms. */
  readonly modifiedAt: number;
}

/** All objects under a prefix, in the order of their keys. */
export async function* listObjects(
  s3: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key: key, Size: size, LastModified: modified } of page.Contents ?? []) {
      if (key !== undefined) yield { key, size: size ?? 0, modifiedAt: modified?.getTime() ?? 0 };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}
