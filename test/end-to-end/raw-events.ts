import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { EventRecord } from '../../core/event.ts';
import type { TestStack } from './stack.ts';

/** A row of raw_events: what is NULL is absent, numbers of 64 bits are numbers, JSON of properties and traits is parsed. */
export type RawEvent = Omit<Partial<EventRecord>, 'properties' | 'traits'> & {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly traits?: Readonly<Record<string, unknown>>;
};

/** An event that a client was told to send, as it must be in raw_events: the columns that are named, each as given. */
export type SentEvent = RawEvent &
  Required<Pick<RawEvent, 'message_id'>> & {
    /** When the client says that it happened, epoch ms: event_at is that, or that with the client's clock corrected. */
    readonly madeAt?: number;
  };

/** Delivers what the stack has buffered and reads all of raw_events. */
export async function readRawEvents(stack: TestStack): Promise<readonly RawEvent[]> {
  await stack.flush();
  const raw = path.join(stack.data, 's3', stack.outputs.LakeBucket ?? '', 'raw');
  if (!existsSync(raw)) return [];
  const events: RawEvent[] = [];
  for (const entry of readdirSync(raw, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await asyncBufferFromFile(path.join(entry.parentPath, entry.name));
    for (const row of await parquetReadObjects({ file, compressors })) events.push(eventOf(row));
  }
  return events;
}

/**
 * What differs between the events that a client was told to send and those that are stored, a line each: events that are missing
 * or there more than once, and columns with another value. Of properties and traits the members that are named must be there.
 */
export function differences(sent: readonly SentEvent[], stored: readonly RawEvent[]): string[] {
  const byId = Map.groupBy(stored, ({ message_id }) => message_id);
  return sent.flatMap(({ madeAt, ...expected }) => {
    const name = `${expected.type ?? 'event'} ${expected.event ?? ''} ${expected.message_id}`;
    const found = byId.get(expected.message_id) ?? [];
    const [event] = found;
    if (event === undefined) return [`${name} is missing`];
    if (found.length > 1) return [`${name} is there ${found.length} times`];
    return [...columnDifferences(expected, event), ...timeDifferences(madeAt, event)].map(
      (difference) => `${name}: ${difference}`,
    );
  });
}

function timeDifferences(
  madeAt: number | undefined,
  { event_at = 0, received_at = 0, sent_at = 0 }: RawEvent,
): string[] {
  if (madeAt === undefined || event_at === madeAt) return [];
  if (event_at - madeAt === received_at - sent_at) return [];
  return [`event_at is ${event_at}, not ${madeAt} and what lies between sending and receiving`];
}

function columnDifferences(expected: object, got: object, at = ''): string[] {
  return Object.entries(expected).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    const stored = (got as Readonly<Record<string, unknown>>)[key];
    if (isPlainObject(value) && isPlainObject(stored)) {
      return columnDifferences(value, stored, `${at}${key}.`);
    }
    const [wanted, there] = [JSON.stringify(value), JSON.stringify(stored)];
    return wanted === there ? [] : [`${at}${key} is ${there}, not ${wanted}`];
  });
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function eventOf(row: Readonly<Record<string, unknown>>): RawEvent {
  const event: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    if (column === 'properties' || column === 'traits') event[column] = JSON.parse(String(value));
    else if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) {
      event[column] = Number(value);
    } else event[column] = typeof value === 'bigint' ? String(value) : value;
  }
  return event as RawEvent;
}
