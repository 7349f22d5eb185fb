import {
  type HoursToCount,
  reconciledEventsSql,
  reconciledLettersSql,
} from '../../../core/sql/reconciliation.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { arrivalHours } from './lake.ts';
import { DATES, type NamedStatement } from './statements.ts';

/** What reconcile asks of the lake. */
export function reconciliationStatements(): NamedStatement[] {
  const hours = arrivalHours();
  const shop = { id: 'shop', eventDates: DATES };
  const counted: Readonly<Record<string, HoursToCount>> = {
    'of all hours': { hours, until: hours.at(-1)!, apps: [shop] },
    'of some hours': {
      hours: hours.slice(1, 3),
      until: hours.at(-1)!,
      apps: [
        { ...shop, eventDates: DATES.slice(0, 1) },
        { id: "o'neill", eventDates: DATES },
      ],
    },
  };
  return Object.entries(counted).flatMap(([name, one]) => [
    {
      name: `reconciliation/events ${name}`,
      sql: reconciledEventsSql(statementText('reconciliation/events'), one),
    },
    {
      name: `reconciliation/dead_letters ${name}`,
      sql: reconciledLettersSql(statementText('reconciliation/dead_letters'), one),
    },
  ]);
}
