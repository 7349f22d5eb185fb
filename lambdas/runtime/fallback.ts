import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { PREFIX } from '../../core/layout.ts';

/** What a fallback object holds: lines of the stream, or of the dead-letter delivery stream. */
export type FallbackKind = 'events' | 'dead-letters';

/** Prefix of the fallback objects of dead letters; events lie beside it, by day. */
export const DEAD_LETTER_FALLBACK = `${PREFIX.fallback}dead-letters/`;

/** Key of a new fallback object: sorts by day, so that refill sends the oldest first. */
export function fallbackKey(kind: FallbackKind, now: Date): string {
  const prefix = kind === 'events' ? PREFIX.fallback : DEAD_LETTER_FALLBACK;
  return `${prefix}dt=${now.toISOString().slice(0, 10)}/${randomUUID()}.jsonl`;
}

/**
 * Keeps JSON lines (each ended by a newline) in one object, until refill sends them again.
 * @throws what S3 throws: then the lines are stored nowhere.
 */
export async function putFallback(
  client: S3Client,
  bucket: string,
  kind: FallbackKind,
  lines: readonly Buffer[],
  deadline: number,
): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: fallbackKey(kind, new Date()),
    Body: Buffer.concat(lines),
    ContentType: 'application/x-ndjson',
  });
  const abortSignal = AbortSignal.timeout(Math.max(1, Math.floor(deadline - Date.now())));
  await client.send(command, { abortSignal });
}
