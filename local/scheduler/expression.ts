import { Cron } from 'croner';

/** When a schedule runs: the next time after a moment, both epoch milliseconds. */
export type NextRun = (after: number) => number | undefined;

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * Reads `rate(…)` and `cron(…)` of EventBridge.
 * @throws Error that says what is allowed.
 */
export function parseExpression(expression: string, timeZone: string): NextRun {
  const [, kind, body = ''] = /^(rate|cron)\((.+)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') return rate(body, expression);
  if (kind === 'cron') return cron(body, expression, timeZone);
  throw new Error(
    `ScheduleExpression must be rate(value unit) or cron(fields), got ${expression}; at() is not implemented on one machine`,
  );
}

function rate(body: string, expression: string): NextRun {
  const [, count = '', unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(body) ?? [];
  const interval = Number(count) * (UNIT_MS[unit] ?? 0);
  if (!(interval > 0))
    throw new Error(`rate must be rate(1 minute), rate(2 hours), …, got ${expression}`);
  return (after) => after + interval;
}

function cron(body: string, expression: string, timeZone: string): NextRun {
  if (body.trim().split(/\s+/).length !== 6)
    throw new Error(
      `cron must be six fields: minutes hours day-of-month month day-of-week year, got ${expression}`,
    );
  // AWS's dialect: no seconds, 0/15 without a star, Sunday is 1.
  const pattern = new Cron(`0 ${body}`, {
    mode: '7-part',
    sloppyRanges: true,
    alternativeWeekdays: true,
    timezone: timeZone,
    paused: true,
  });
  return (after) => pattern.nextRun(new Date(after))?.getTime();
}
