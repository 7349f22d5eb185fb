import { type Column, ENVELOPE, PERSON_KEY, TABLES } from '../core/columns.ts';
import type { Config, PropertyDimension } from '../core/config.ts';
import { attemptColumns, monthColumns, stepColumns } from '../core/sql/funnels.ts';

/** Name, meaning and columns of a table of the catalog. */
export interface TableShape {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Column[];
  readonly partitionKeys: readonly Column[];
}

/** All tables of the catalog. */
export interface TableShapes {
  readonly raw: TableShape;
  readonly events: TableShape;
  readonly steps: TableShape;
  readonly attempts: TableShape;
  readonly months: TableShape;
  readonly deadLetters: TableShape;
  readonly redrives: TableShape;
}

const text = (name: string, comment: string): Column => ({ name, type: 'string', comment });

const APP_ID = text('app_id', 'tenant');
const FUNNEL = text('funnel', 'name of the funnel');
const EVENT_DATE = text('event_date', 'UTC day of the event, YYYY-MM-DD');
const MONTH = text('event_date', 'first UTC day of the month, YYYY-MM-DD');
const DT = text('dt', 'UTC day of arrival, YYYY-MM-DD');
const HOUR = text('hour', 'UTC hour of arrival, 00 to 23');

/** Shapes of all tables. Facts carry the dimensions of all apps; they are NULL where an app does not have one. */
export function tableShapes(config: Config): TableShapes {
  const dimensions = allDimensions(config);
  return {
    raw: {
      name: TABLES.raw,
      description: 'events as they were accepted, by arrival; what all else is made of',
      columns: ENVELOPE,
      partitionKeys: [DT, HOUR],
    },
    events: {
      name: TABLES.events,
      description: 'one row a message_id, the person known, by the day that it happened',
      columns: [...ENVELOPE.filter(({ name }) => name !== APP_ID.name), PERSON_KEY],
      partitionKeys: [APP_ID, EVENT_DATE],
    },
    steps: {
      name: TABLES.steps,
      description: 'one row an event that matters to a funnel',
      columns: stepColumns(dimensions),
      partitionKeys: [APP_ID, FUNNEL, EVENT_DATE],
    },
    attempts: {
      name: TABLES.attempts,
      description: 'one row an attempt at a funnel, by the day that it started',
      columns: attemptColumns(dimensions),
      partitionKeys: [APP_ID, FUNNEL, EVENT_DATE],
    },
    months: {
      name: TABLES.months,
      description: 'one row a person and month: on which days the person got how far',
      columns: monthColumns(),
      partitionKeys: [APP_ID, FUNNEL, MONTH],
    },
    deadLetters: {
      name: TABLES.deadLetters,
      description: 'events that were refused or not delivered, each with the reason',
      columns: DEAD_LETTER_COLUMNS,
      partitionKeys: [DT],
    },
    redrives: {
      name: TABLES.redrives,
      description: 'what became of dead letters that were sent again or dismissed: one row a try',
      columns: REDRIVE_COLUMNS,
      partitionKeys: [{ ...DT, comment: "dt of the dead letter's row" }],
    },
  };
}

/** One of each name over all apps, in the order of the config. */
function allDimensions({ apps }: Config): PropertyDimension[] {
  const byName = new Map<string, PropertyDimension>();
  for (const dimension of apps.flatMap((app) => app.dimensions)) {
    if (!byName.has(dimension.name)) byName.set(dimension.name, dimension);
  }
  return [...byName.values()];
}

/** Members of DeadLetter (core/event.ts). */
const DEAD_LETTER_COLUMNS: readonly Column[] = [
  text('dead_letter_id', 'id of the dead letter'),
  { name: 'received_at', type: 'bigint', comment: 'epoch ms: when the server received it' },
  APP_ID,
  text('code', 'why it was refused, conversion_failed or consumer_gave_up'),
  text('pointer', 'JSON pointer into the event to what is wrong; empty for the whole'),
  text('message', 'what is wrong, the value got and what is allowed'),
  text('schema', 'the schema that it was checked against, as purchase/1-0-2'),
  text('message_id', 'id that the client gave'),
  text('type', 'kind of the call, where it has one'),
  text('event', "the event's name, where it has one"),
  text('payload', 'the refused event as it came, or the line of an accepted one'),
  text('request', 'facts of the request, or where an accepted event was found: one JSON object'),
  text(
    'part_of',
    'dead_letter_id of the whole batch that this call was in, where that was sent again',
  ),
];

/** Members of Redriven (core/event.ts). */
const REDRIVE_COLUMNS: readonly Column[] = [
  text('dead_letter_id', 'id of the dead letter'),
  { name: 'redriven_at', type: 'bigint', comment: 'epoch ms: when it was sent again or dismissed' },
  APP_ID,
  text('outcome', 'passed, failed or dismissed: then the columns behind it say why'),
  text('code', 'why it was refused again'),
  text('pointer', 'JSON pointer into the event to what is wrong; empty for the whole'),
  text('message', 'what is wrong, the value got and what is allowed'),
  text('schema', 'the schema that it was checked against this time'),
  { name: 'events', type: 'int', comment: 'passed: how many events were put on the stream' },
];
