import {
  type AppDefinitions,
  type AppState,
  type Asker,
  type Assessment,
  assess,
} from '../../../lambdas/build/assess.ts';
import {
  newRecord,
  type PartitionRecord,
  partitionKey,
  partitionOf,
  type Touch,
} from '../../../lambdas/build/records.ts';

const NOW = Date.parse('2026-11-21T19:07:00Z');
const ASKER: Asker = { now: NOW, execution: 'now', full: false };
const APP: AppDefinitions = {
  id: 'shop',
  eventsHash: 'events-1',
  dedupWindowDays: 7,
  funnels: [
    {
      name: 'buy',
      stepsHash: 'steps-1',
      attemptsHash: 'attempts-1',
      monthsHash: 'months-1',
      windowDays: 2,
      remembers: false,
    },
  ],
};

const touch = (event_date: string, hour: string, rows = 10): Touch => ({ event_date, hour, rows });
const TOUCHES = [
  touch('2026-11-18', '2026-11-18T10'),
  touch('2026-11-19', '2026-11-19T10'),
  touch('2026-11-20', '2026-11-20T10'),
];
const NONE: AppState = { touches: TOUCHES, partitions: [], misplaced: new Set() };

/** Table and day of partitions with a status, as events 2026-11-18. */
function those(assessments: readonly Assessment[], status: Assessment['status']): string[] {
  return assessments
    .filter((assessment) => assessment.status === status)
    .map(({ partition }) => `${partition.table} ${partition.event_date}`)
    .sort();
}

/** Builds everything that is due, round by round, as the state machine does. */
function built(
  state: AppState,
  app = APP,
  asker = ASKER,
): AppState & { readonly rounds: string[][] } {
  const records = new Map(state.partitions.map((record) => [partitionKey(record), record]));
  const rounds: string[][] = [];
  let round = those(assess(app, state, asker), 'due');
  let current = state;
  while (round.length > 0) {
    if (rounds.length > 5) throw new Error('the plan does not come to an end');
    rounds.push(round);
    for (const { partition, status, sqlHash, inputs } of assess(app, current, asker)) {
      if (status !== 'due') continue;
      const key = partitionKey(partition);
      const run_id = `${asker.execution}-${rounds.length}`;
      const { failure: _failure, lease: _lease, ...old } = records.get(key) ?? newRecord(partition);
      records.set(key, {
        ...old,
        run_id,
        sql_hash: sqlHash,
        inputs_version: inputs,
        execution: asker.execution,
        state: 'published',
        history: [
          ...old.history,
          { state: 'published', at: NOW, run_id, execution: asker.execution },
        ],
      });
    }
    current = { ...current, partitions: [...records.values()] };
    round = those(assess(app, current, asker), 'due');
  }
  return { ...current, rounds };
}

const later = (changes: Partial<Asker> = {}): Asker => ({
  ...ASKER,
  execution: 'later',
  ...changes,
});
const changed = (
  state: AppState,
  key: string,
  change: (record: PartitionRecord) => PartitionRecord,
): AppState => ({
  ...state,
  partitions: state.partitions.map((r) => (`${r.table} ${r.event_date}` === key ? change(r) : r)),
});

describe('what is built', () => {
  test('events come first, then steps, then the attempts whose window is built, then their months', () => {
    const { rounds } = built(NONE);

    const days = ['2026-11-18', '2026-11-19', '2026-11-20'];
    expect(rounds).toEqual([
      days.map((day) => `events ${day}`),
      days.map((day) => `funnel_steps ${day}`),
      days.map((day) => `funnel_attempts ${day}`),
      ['funnel_months 2026-11-01'],
    ]);
  });

  test('nothing is due once all is built', () => {
    const state = built(NONE);

    const assessments = assess(APP, state, later());

    expect(assessments).toHaveLength(10);
    expect(those(assessments, 'current')).toHaveLength(10);
  });

  test('an app without events has nothing to build', () => {
    expect(assess(APP, { ...NONE, touches: [] }, ASKER)).toEqual([]);
  });

  test('a late event makes its day stale, and the attempts whose window reaches the day', () => {
    const late = touch('2026-11-19', '2026-11-21T18', 1);
    const state = { ...built(NONE), touches: [...TOUCHES, late] };

    const { rounds } = built(state, APP, later());

    expect(rounds).toEqual([
      ['events 2026-11-19'],
      ['funnel_steps 2026-11-19'],
      ['funnel_attempts 2026-11-18', 'funnel_attempts 2026-11-19'],
      ['funnel_months 2026-11-01'],
    ]);
  });

  test('attempts outside of the window of a late event stay', () => {
    const old = touch('2026-11-10', '2026-11-10T10');
    const state = built({ ...NONE, touches: [old, ...TOUCHES] });
    const late = touch('2026-11-19', '2026-11-21T18', 1);

    const { rounds } = built({ ...state, touches: [old, ...TOUCHES, late] }, APP, later());

    expect(rounds.flat()).not.toContain('funnel_attempts 2026-11-10');
  });

  test('a late event makes its month stale and the two after it, whose rows tell of it, and no other', () => {
    const days = ['2026-08-31', '2026-09-15', '2026-10-15', '2026-11-30', '2026-12-01'];
    const touches = days.map((day) => touch(day, `${day}T10`));
    const state = built({ ...NONE, touches });
    const late = touch('2026-09-15', '2026-12-02T18', 1);

    const { rounds } = built({ ...state, touches: [...touches, late] }, APP, later());

    expect(rounds.flat().filter((key) => key.startsWith('funnel_months'))).toEqual([
      'funnel_months 2026-09-01',
      'funnel_months 2026-10-01',
      'funnel_months 2026-11-01',
    ]);
  });

  test('a funnel whose people months cannot count has none', () => {
    const app = { ...APP, funnels: [{ ...APP.funnels[0]!, monthsHash: null }] };

    expect(built(NONE, app).rounds).toHaveLength(3);
  });

  test('an hour that grew makes only the days stale whose rows grew', () => {
    const state = built(NONE);
    const grown = [...TOUCHES.slice(0, 2), touch('2026-11-20', '2026-11-20T10', 11)];

    const { rounds } = built({ ...state, touches: grown }, APP, later());

    expect(rounds[0]).toEqual(['events 2026-11-20']);
  });

  test('rows in an earlier hour of the dedup window matter to a full run only', () => {
    const state = built(NONE);
    const touches = [...TOUCHES, touch('2026-11-17', '2026-11-19T09')];

    const hourly = built({ ...state, touches }, APP, later());
    const nightly = built(hourly, APP, later({ execution: 'night', full: true }));

    expect(hourly.rounds[0]).toEqual(['events 2026-11-17']);
    expect(nightly.rounds[0]).toEqual(['events 2026-11-19', 'events 2026-11-20']);
  });

  test('a login makes the days before it stale in a full run only, and once', () => {
    const state = built(NONE);
    const login = { ...touch('2026-11-26', '2026-11-26T09', 1), identities: 1 };
    const touches = [...TOUCHES, login];

    const hourly = built({ ...state, touches }, APP, later());
    const nightly = built(hourly, APP, later({ execution: 'night', full: true }));
    const again = built(nightly, APP, later({ execution: 'next', full: true }));

    expect(hourly.rounds[0]).toEqual(['events 2026-11-26']);
    expect(nightly.rounds[0]).toEqual(['events 2026-11-19', 'events 2026-11-20']);
    expect(again.rounds).toEqual([]);
  });

  test('a changed definition makes the history of its funnel stale, and of no other', () => {
    const second = { ...APP.funnels[0]!, name: 'signup', stepsHash: 'other' };
    const app = { ...APP, funnels: [...APP.funnels, second] };
    const state = built(NONE, app);
    const changedApp = { ...app, funnels: [APP.funnels[0]!, { ...second, stepsHash: 'changed' }] };

    const assessments = assess(changedApp, state, later());

    const funnels = assessments
      .filter(({ status }) => status === 'due')
      .map(({ partition }) => partition.funnel);
    expect(funnels).toEqual(['signup', 'signup', 'signup']);
    expect(those(assessments, 'waiting')).toHaveLength(4);
  });

  test('partitions of a funnel that is no longer configured are left alone', () => {
    const state = built(NONE);

    const assessments = assess({ ...APP, funnels: [] }, state, later());

    expect(those(assessments, 'current')).toHaveLength(3);
    expect(assessments).toHaveLength(3);
  });

  test('a funnel that asks for first events is built again from a late day on', () => {
    const app = { ...APP, funnels: [{ ...APP.funnels[0]!, remembers: true }] };
    const state = built(NONE, app);
    const late = touch('2026-11-19', '2026-11-21T18', 1);

    const { rounds } = built({ ...state, touches: [...TOUCHES, late] }, app, later());

    expect(rounds[1]).toEqual(['funnel_steps 2026-11-19', 'funnel_steps 2026-11-20']);
  });

  test('a backfill builds all tables of its days again, once, and what reads them', () => {
    const state = built(NONE);
    const backfill = { app_id: 'shop', from: '2026-11-19', to: '2026-11-20' };

    const { rounds } = built(state, APP, later({ backfill }));

    expect(rounds).toEqual([
      ['events 2026-11-19'],
      ['funnel_steps 2026-11-19'],
      ['funnel_attempts 2026-11-18', 'funnel_attempts 2026-11-19'],
      ['funnel_months 2026-11-01'],
    ]);
  });

  test('a backfill of one app leaves the others', () => {
    const state = built(NONE);
    const backfill = { app_id: 'blog', from: '2026-11-01', to: '2026-12-01' };

    expect(built(state, APP, later({ backfill })).rounds).toEqual([]);
  });
});

describe('what is not built now', () => {
  const late = [...TOUCHES, touch('2026-11-19', '2026-11-21T18', 1)];
  const failure = { execution: 'later', cause: 'SYNTAX_ERROR', at: NOW };
  const stale = { ...built(NONE), touches: late };

  test('a partition that failed in this execution, and what reads it', () => {
    const state = changed(stale, 'events 2026-11-19', (record) => ({ ...record, failure }));

    const assessments = assess(APP, state, later());

    expect(those(assessments, 'due')).toEqual([]);
    expect(those(assessments, 'failed')).toEqual(['events 2026-11-19']);
    expect(those(assessments, 'waiting')).toEqual([
      'funnel_attempts 2026-11-18',
      'funnel_attempts 2026-11-19',
      'funnel_months 2026-11-01',
      'funnel_steps 2026-11-19',
    ]);
  });

  test('a partition that failed in an earlier execution is tried again, even where its inputs are the published ones', () => {
    const state = changed(built(NONE), 'events 2026-11-19', (record) => ({ ...record, failure }));

    const assessments = assess(APP, state, later({ execution: 'even later' }));

    expect(those(assessments, 'due')).toEqual(['events 2026-11-19']);
  });

  const lease = (until: number, execution: string) => ({
    run_id: 'other',
    until,
    execution,
    sql_hash: '',
    inputs_version: '',
  });

  test('a partition that another execution builds', () => {
    const held = lease(NOW + 1, 'other');
    const state = changed(stale, 'events 2026-11-19', (record) => ({ ...record, lease: held }));

    const assessments = assess(APP, state, later());

    expect(those(assessments, 'leased')).toEqual(['events 2026-11-19']);
    expect(those(assessments, 'due')).toEqual([]);
  });

  test('a partition whose lease has ended is built again, whatever its inputs', () => {
    const held = lease(NOW - 1, 'other');
    const state = changed(built(NONE), 'events 2026-11-19', (r) => ({ ...r, lease: held }));

    expect(those(assess(APP, state, later()), 'due')).toEqual(['events 2026-11-19']);
  });

  test('a lease that this execution did not give back counts as failed', () => {
    const held = lease(NOW + 1, 'later');
    const state = changed(stale, 'events 2026-11-19', (record) => ({ ...record, lease: held }));

    expect(those(assess(APP, state, later()), 'failed')).toEqual(['events 2026-11-19']);
  });

  test('a day whose raw events have expired stays as it is published', () => {
    const asker = later({ rawKeptFrom: '2026-11-20T00' });

    const assessments = assess(APP, stale, asker);

    expect(those(assessments, 'frozen')).toEqual(['events 2026-11-19']);
    expect(those(assessments, 'due')).toEqual([]);
  });

  test('one partition is built three times in one execution at most', () => {
    const publication = { state: 'published' as const, at: NOW, run_id: 'r', execution: 'later' };
    const state = changed(stale, 'events 2026-11-19', (record) => ({
      ...record,
      history: [publication, publication, publication],
    }));

    expect(those(assess(APP, state, later()), 'due')).toEqual([]);
  });
});

describe('healing', () => {
  test('a partition that the catalog has elsewhere is built again, once', () => {
    const state = built(NONE);
    const record = state.partitions.find(({ table }) => table === 'events')!;
    const misplaced = new Set([partitionKey(partitionOf(record))]);

    const { rounds } = built({ ...state, misplaced }, APP, later({ full: true }));

    expect(rounds[0]).toEqual([`events ${record.event_date}`]);
    expect(rounds.flat().filter((key) => key === rounds[0]![0])).toHaveLength(1);
  });
});
