import { type Column, ENVELOPE } from '../../../core/columns.ts';
import type { DeadLetter } from '../../../core/event.ts';
import { MAX_RECORD_BYTES } from '../../runtime/lines.ts';
import { isJsonObject } from '../json.ts';
import { shown } from '../refusal.ts';
import type { Rechecked } from './rechecked.ts';

/** The last day that counts is 9999-12-31: builds take nothing later for an event. */
const END_OF_TIME = 253_402_300_800_000;
const BIGINT = 2 ** 63;

/**
 * Checks the line of an accepted event that was not delivered: whether Firehose can make a row of it. It goes to the stream as it is:
 * it was checked, enriched and redacted when it came.
 */
export function recheckLine(letter: DeadLetter): Rechecked {
  const bytes = Buffer.byteLength(letter.payload);
  if (bytes >= MAX_RECORD_BYTES) {
    const message = `the line has ${bytes} bytes: less than ${MAX_RECORD_BYTES} fit a record of the stream`;
    return { outcome: 'not_redrivable', code: 'line_too_large', message };
  }
  let line: unknown;
  try {
    line = JSON.parse(letter.payload);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {
      outcome: 'not_redrivable',
      code: 'no_json',
      message: `the line is no JSON: ${error.message}`,
    };
  }
  const found = isJsonObject(line)
    ? problemOf(line)
    : { pointer: '', message: `the line is ${shown(line)}: an object is needed` };
  if (found !== undefined || !isJsonObject(line)) {
    const { pointer = '', message = '' } = found ?? {};
    return { outcome: 'failed', reason: { code: 'conversion_failed', pointer, message } };
  }
  const { anonymous_id: anonymousId, user_id: userId, message_id: messageId } = line;
  return {
    outcome: 'passed',
    // One line: a break between members would end it.
    lines: [
      {
        json: letter.payload.trim().replaceAll(/[\r\n]+/g, ' '),
        personId: String(anonymousId ?? userId ?? messageId),
      },
    ],
  };
}

function problemOf(line: Readonly<Record<string, unknown>>) {
  const keys = Object.keys(line).map((key) => key.toLowerCase());
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) {
    // Firehose's reader does not tell a from A, and loses the record.
    return { pointer: `/${twice}`, message: `${shown(twice)} stands there twice but for its case` };
  }
  for (const name of ['message_id', 'app_id']) {
    if (typeof line[name] !== 'string' || line[name] === '') {
      return { pointer: `/${name}`, message: `/${name} is ${shown(line[name])}: a text is needed` };
    }
  }
  const { event_at: time } = line;
  if (typeof time !== 'number' || !(time >= 0 && time < END_OF_TIME)) {
    const allowed = 'milliseconds since 1970, before the year 10000, are allowed';
    return { pointer: '/event_at', message: `/event_at is ${shown(time)}: ${allowed}` };
  }
  const wrong = ENVELOPE.find((column) => !fits(line[column.name], column));
  if (wrong === undefined) return undefined;
  const { name, type } = wrong;
  return { pointer: `/${name}`, message: `/${name} is ${shown(line[name])}: ${type} is allowed` };
}

function fits(value: unknown, { type }: Column): boolean {
  if (value === undefined || value === null) return true;
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'double':
      return typeof value === 'number';
    case 'bigint':
    case 'int':
      return (
        Number.isInteger(value) && Math.abs(value as number) < (type === 'int' ? 2 ** 31 : BIGINT)
      );
  }
}
