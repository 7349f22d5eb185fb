import {
  daysBefore,
  type HoursToCount,
  reconciledEventsSql,
  reconciledLettersSql,
} from '../../../core/sql/reconciliation.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';

const COUNTED: HoursToCount = {
  hours: ['2026-11-21T23', '2026-11-22T00', '2026-11-22T04'],
  until: '2026-11-22T06',
  apps: [
    { id: 'shop', eventDates: ['2026-11-21', '2026-11-22'] },
    { id: "o'neill", eventDates: ['2026-11-20'] },
  ],
};
const events = reconciledEventsSql(statementText('reconciliation/events'), COUNTED);
const letters = reconciledLettersSql(statementText('reconciliation/dead_letters'), COUNTED);

describe('the counts of the lake', () => {
  it('read raw events from the hour before the first to now, and no others', () => {
    expect(events).toContain("dt IN ('2026-11-21', '2026-11-22')");
    expect(events).toContain("dt = '2026-11-21' AND hour >= '22'");
    expect(events).toContain("dt = '2026-11-22' AND hour <= '06'");
  });

  it('read the partitions of each app that its events lie in', () => {
    expect(events).toContain(
      "(app_id = 'shop' AND event_date IN ('2026-11-21', '2026-11-22')) OR (app_id = 'o''neill' AND event_date IN ('2026-11-20'))",
    );
  });

  it('count what was received in the hours, hours in a row as one range', () => {
    const [start, end] = [Date.UTC(2026, 10, 21, 23), Date.UTC(2026, 10, 22, 1)];
    for (const statement of [events, letters]) {
      expect(statement).toContain(`(received_at >= ${start} AND received_at < ${end})`);
      expect(statement).toContain("app_id IN ('shop', 'o''neill')");
    }
  });

  it('read dead letters of those days and, as clocks differ, the next', () => {
    expect(letters).toContain("dt >= '2026-11-21'");
    expect(letters).toContain("dt <= '2026-11-23'");
  });

  it('count what was sent again by the notes of the same days', () => {
    const [, sent = ''] = letters.split('FROM redrives');
    expect(sent).toMatch(/^\s+WHERE dt >= '2026-11-21'\s+AND dt <= '2026-11-23'/);
    expect(sent).toContain("app_id IN ('shop', 'o''neill')");
  });

  it('look for the first of a repeat on the days before', () => {
    expect(daysBefore(['2026-11-22', '2026-11-21'], 1)).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
    ]);
  });
});
