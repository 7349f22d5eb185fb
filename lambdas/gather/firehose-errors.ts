import type { DeadLetter } from '../../core/event.ts';
import { lettersOf } from './letter.ts';

/**
 * A line of an object in which Firehose keeps records that it could not convert. Its guide calls the error ErrorCode and ErrorMessage;
 * lastErrorCode and lastErrorMessage are what people find in their buckets.
 */
interface ErrorLine {
  readonly arrivalTimestamp: number;
  readonly lastErrorCode?: string;
  readonly lastErrorMessage?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
  /** Base64; the guide says a string. */
  readonly rawData: string;
  readonly sequenceNumber?: string;
}

/**
 * Dead letters of one line of Firehose's error objects.
 * @param number of the line in its object, from 0.
 * @throws Error where the line is none of Firehose's.
 */
export function firehoseLetters(line: string, number: number, key: string): DeadLetter[] {
  const value = JSON.parse(line) as Partial<ErrorLine> | null;
  if (typeof value?.rawData !== 'string' || typeof value.arrivalTimestamp !== 'number') {
    throw new Error(
      `line ${number + 1} of ${key} is none of Firehose's errors: rawData and arrivalTimestamp are needed, got ${line.slice(0, 200)}`,
    );
  }
  const code = value.lastErrorCode ?? value.ErrorCode ?? 'unknown';
  const message = value.lastErrorMessage ?? value.ErrorMessage ?? '';
  return lettersOf(textOf(value.rawData), {
    key,
    place: String(number),
    code: 'conversion_failed',
    message: `${code}: ${message}`,
    arrivedAt: value.arrivalTimestamp,
    origin: { source: 'firehose', object: key, sequence_number: value.sequenceNumber },
  });
}

function textOf(rawData: string): string {
  // A record of ours holds braces, which base64 does not have.
  const isBase64 = /^[\w+/\s=-]*$/.test(rawData);
  return isBase64 ? Buffer.from(rawData, 'base64').toString('utf8') : rawData;
}
