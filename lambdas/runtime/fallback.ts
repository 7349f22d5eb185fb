import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_FALLBACK, PREFIX } from '../../core/layout.ts';
import { putObject } from './put-object.ts';
import { sendUntilTaken } from './resend.ts';

/** What a fallback object holds: lines of the stream, or of the dead-letter delivery stream. */
export type FallbackKind = 'events' | 'dead-letters';

/** Key of a new fallback object: sorts by day, so that refill sends the oldest first. */
export function fallbackKey(kind: FallbackKind, now: Date): string {
  const prefix = kind === 'events' ? PREFIX.fallback : DEAD_LETTER_FALLBACK;
  return `${prefix}dt=${now.toISOString().slice(0, 10)}/${randomUUID()}.jsonl`;
}

/**
 * Keeps JSON lines (each ended by a newline) in one object, until refill sends them again.
 * @param deadline Epoch ms after which it gives up.
 * @throws Error: then the lines are stored nowhere.
 */
export async function putFallback(
  bucket: string,
  kind: FallbackKind,
  lines: readonly Buffer[],
  deadline: number,
): Promise<void> {
  const object = {
    bucket,
    key: fallbackKey(kind, new Date()),
    body: Buffer.concat(lines),
    contentType: 'application/x-ndjson',
  };
  const { left, cause } = await sendUntilTaken(
    [object],
    async (_, signal) => {
      await putObject(object, signal);
      return [];
    },
    { deadline },
  );
  if (left.length > 0) throw new Error('the fallback object could not be written', { cause });
}
