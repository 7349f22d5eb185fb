import type { DeadLetterCounts, DeadLetterGroup, DeadLetterSample, Range } from '../api.ts';
import { type LetterChoice, letterDays, schemaPrefix } from '../dead-letters.ts';
import { periodLabel } from '../funnel-periods.ts';
import type { StatementText } from './funnel-context.ts';
import { periodSql } from './funnel-periods.ts';
import { type Sql, sql, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render, type Scope } from './template.ts';

/** A question for dead letters with every default filled in. */
export interface DeadLettersQuestion {
  readonly app: string;
  /** Of the time at which the server received them. */
  readonly range: Range;
  /** Canonical IANA name. */
  readonly tz: string;
  readonly chosen: LetterChoice;
  /** Letters to show. */
  readonly samples: number;
}

/** One row of a statement's result. */
export type DeadLettersRow = Readonly<Record<string, string | number | boolean | null>>;

/** Most groups of an answer: clients choose the names of events. */
const MAX_GROUPS = 2_000;
/** Characters of a sample's payload: an answer of 50 samples must fit what Lambda gives back, 6 MB. */
const PAYLOAD_CHARACTERS = 10_000;

/** Bits of grouping(code, schema, event, day): a bit is 0 where the rows are grouped by it. */
const BY = { code: 0b0111, schema: 0b1011, event: 0b1101, day: 0b1110, all: 0b1111 } as const;

/** Counts of dead letters. @param text gives sql/questions/dead_letters.sql and what it is made of. */
export function deadLettersSql(text: StatementText, question: DeadLettersQuestion): Sql {
  const { range, tz } = question;
  return render(text('questions/dead_letters'), {
    ...scopeOf(question),
    letters_now: lettersNow(text, question, false),
    day: periodSql(sql`received_at`, 'day', tz, range),
    limit: sqlInteger(MAX_GROUPS + 1),
  });
}

/** The newest dead letters that wait. @param text gives sql/questions/dead_letter_samples.sql and what it is made of. */
export function deadLetterSamplesSql(text: StatementText, question: DeadLettersQuestion): Sql {
  return render(text('questions/dead_letter_samples'), {
    ...scopeOf(question),
    letters_now: lettersNow(text, question, true),
    payload_characters: sqlInteger(PAYLOAD_CHARACTERS),
    limit: sqlInteger(question.samples),
  });
}

/** Counts of the rows of the first statement. */
export function readDeadLetters(
  rows: readonly DeadLettersRow[],
  { tz }: DeadLettersQuestion,
): DeadLetterCounts {
  const kept = rows.slice(0, MAX_GROUPS);
  const groups = (column: 'code' | 'schema' | 'event' | 'day'): DeadLetterGroup[] =>
    kept
      .filter(({ by_what }) => Number(by_what) === BY[column])
      .map((row) => {
        const value = row[column] ?? null;
        const isDay = column === 'day' && value !== null;
        return {
          value: isDay ? periodLabel('day', Number(value), tz) : value && String(value),
          ...countsOf(row),
        } as DeadLetterGroup;
      });
  const all = kept.find(({ by_what }) => Number(by_what) === BY.all);
  return {
    ...(all === undefined
      ? { waiting: 0, failed_again: 0, redriven: 0, dismissed: 0 }
      : countsOf(all)),
    by_code: groups('code'),
    by_schema: groups('schema'),
    by_event: groups('event'),
    by_day: groups('day').sort((a, b) => ((a.value ?? '') < (b.value ?? '') ? -1 : 1)),
    ...(rows.length > MAX_GROUPS ? { truncated: true } : {}),
  };
}

/** Samples of the rows of the second statement. */
export function readSamples(rows: readonly DeadLettersRow[]): DeadLetterSample[] {
  const text = (value: DeadLettersRow[string] | undefined) =>
    value === null || value === undefined ? null : String(value);
  const time = (value: DeadLettersRow[string] | undefined) =>
    value === null || value === undefined ? null : new Date(Number(value)).toISOString();
  return rows.map((row) => ({
    dead_letter_id: String(row.dead_letter_id),
    received_at: time(row.received_at) ?? '',
    redriven_at: time(row.redriven_at),
    code: String(row.code),
    pointer: text(row.pointer) ?? '',
    message: text(row.message) ?? '',
    schema: text(row.schema),
    message_id: text(row.message_id),
    type: text(row.type),
    event: text(row.event),
    payload: text(row.payload) ?? '',
    payload_length: Number(row.payload_length ?? 0),
    request: text(row.request) ?? '',
  }));
}

function countsOf(row: DeadLettersRow) {
  return {
    waiting: Number(row.waiting),
    failed_again: Number(row.failed_again),
    redriven: Number(row.redriven),
    dismissed: Number(row.dismissed),
  };
}

function lettersNow(text: StatementText, { app, range }: DeadLettersQuestion, whole: boolean): Sql {
  const days = letterDays(range);
  return render(text('questions/letters_now'), {
    whole,
    app: sqlString(app),
    first_day: sqlString(days.first),
    last_day: sqlString(days.last),
    from: sqlInteger(range.from),
    to: sqlInteger(range.to),
  });
}

function scopeOf({ chosen }: DeadLettersQuestion): Scope {
  const conditions = conditionsOf(chosen);
  return {
    chosen: conditions.length > 0,
    conditions: sqlJoin(conditions, ' AND '),
  };
}

/** The same as `isChosen` of core/dead-letters.ts, in SQL. */
function conditionsOf({ codes, schemas, events }: LetterChoice): Sql[] {
  const among = (column: Sql, values: readonly string[]): Sql[] =>
    values.length === 0 ? [] : [sql`${column} IN (${sqlJoin(values.map(sqlString), ', ')})`];
  const versions = schemas.map((schema) => {
    const prefix = schemaPrefix(schema);
    const start = sql`SUBSTR("schema", 1, ${sqlInteger([...prefix].length)})`;
    return sql`"schema" = ${sqlString(schema)} OR ${start} = ${sqlString(prefix)}`;
  });
  return [
    ...among(sql`code`, codes),
    ...among(sql`"event"`, events),
    ...(versions.length === 0 ? [] : [sql`(${sqlJoin(versions, ' OR ')})`]),
  ];
}
