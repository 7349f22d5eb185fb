import { randomUUID } from 'node:crypto';

/**
 * A UUID of version 7: the time in ms, then random bits. Sorts by time, to the millisecond. The random bits are those of a UUID
 * of version 4, which Node draws for many at once: a call to the system for each event took a tenth of collect's time.
 */
export function newMessageId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
