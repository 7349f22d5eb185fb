import type { S3Client } from '@aws-sdk/client-s3';
import { PREFIX } from '../../core/layout.ts';
import { listObjects } from './raw-hours.ts';

/** Of events. Refused events wait beside them, and are in no table. */
const EVENTS_PREFIX = `${PREFIX.fallback}dt=`;

/**
 * When the oldest of the events that wait in the fallback for their way into the stream was put there, epoch ms; undefined
 * where none waits. Keys begin with the day, so the oldest is among the objects of the first day.
 */
export async function waitingSince(s3: S3Client, bucket: string): Promise<number | undefined> {
  let oldest: number | undefined;
  let day: string | undefined;
  for await (const { key, modifiedAt } of listObjects(s3, bucket, EVENTS_PREFIX)) {
    day ??= dayOfKey(key);
    if (dayOfKey(key) !== day) break;
    if (oldest === undefined || modifiedAt < oldest) oldest = modifiedAt;
  }
  return oldest;
}

function dayOfKey(key: string): string {
  return key.slice(EVENTS_PREFIX.length, key.indexOf('/', EVENTS_PREFIX.length));
}
