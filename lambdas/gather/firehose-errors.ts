import type { DeadLetter } from '../../core/event.ts';
import { lettersOf } from './letter.ts';

/** A line of an object in which Firehose keeps records that it could not convert. */
interface ErrorLine {
  readonly arrivalTimestamp: number;
  readonly lastErrorCode: string;
  readonly lastErrorMessage: string;
  /** Base64. */
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
  const { lastErrorCode: code = 'unknown', lastErrorMessage: message = '' } = value;
  return lettersOf(Buffer.from(value.rawData, 'base64').toString('utf8'), {
    key,
    place: String(number),
    code: 'conversion_failed',
    message: `${code}: ${message}`,
    arrivedAt: value.arrivalTimestamp,
    origin: { source: 'firehose', object: key, sequence_number: value.sequenceNumber },
  });
}
