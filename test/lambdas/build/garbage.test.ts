import { runsToRemove } from '../../../lambdas/build/garbage.ts';
import { newRecord, type PartitionRecord } from '../../../lambdas/build/records.ts';

const [OLD, OTHER, NEW] = ['01', '02', '03'].map((day) => `202611${day}t120000_00000000`) as [
  string,
  string,
  string,
];
const record = (members: Partial<PartitionRecord>): PartitionRecord => ({
  ...newRecord({ table: 'events', app_id: 'shop', event_date: '2026-11-01' }),
  run_id: NEW,
  ...members,
});
const lease = { until: 5, execution: 'e', sql_hash: '', inputs_version: '' };

test('runs that were retired before the time go', () => {
  const retired = [
    { run_id: OLD, at: 9 },
    { run_id: OTHER, at: 10 },
  ];

  expect(runsToRemove(record({ retired }), 10)).toEqual([{ run_id: OLD, at: 9 }]);
});

test('the published run stays, even where it is among the retired', () => {
  expect(runsToRemove(record({ retired: [{ run_id: NEW, at: 1 }] }), 10)).toEqual([]);
});

test('the run of a claim that ended before the time goes, a later one stays', () => {
  const claimed = record({ lease: { ...lease, run_id: OLD } });

  expect(runsToRemove(claimed, 10).map(({ run_id }) => run_id)).toEqual([OLD]);
  expect(runsToRemove(claimed, 5)).toEqual([]);
});

test.each(['', '..', 'a/b', '20261101t120000_0000000g'])(
  'what is no run id names no prefix to delete: %j',
  (run_id) => {
    expect(runsToRemove(record({ retired: [{ run_id, at: 1 }] }), 10)).toEqual([]);
  },
);
