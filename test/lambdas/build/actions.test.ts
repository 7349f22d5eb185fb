import { runAction } from '../../../lambdas/build/actions.ts';
import type { BuildContext } from '../../../lambdas/build/context.ts';

// No action gets so far as to use it.
const CONTEXT = { config: { apps: [{ id: 'shop' }] } } as unknown as BuildContext;
const TASK = { table: 'events', app_id: 'shop', event_date: '2026-11-21', inputs: 'a.b' };

test.each([
  [{ action: 'destroy', execution: 'e' }, 'action must be one of discover, record, plan,'],
  [{ action: 'toString', execution: 'e' }, 'got toString'],
  [{ action: 'plan' }, 'execution must be a text, got undefined'],
  [{ action: 'discover', execution: 'e', input: { full: 1 } }, 'full must be true or false, got 1'],
  [{ action: 'discover', execution: 'e', input: [] }, 'input must be an object, got []'],
  [
    { action: 'discover', execution: 'e', input: { Comment: 'x', bacfill: {} } },
    'unknown member "bacfill", allowed are full, backfill',
  ],
  [
    {
      action: 'discover',
      execution: 'e',
      input: { backfill: { app_id: 'shopp', from: '2026-11-21', to: '2026-11-22' } },
    },
    'unknown app "shopp", allowed are shop',
  ],
  [
    { action: 'plan', execution: 'e', input: { backfill: { app_id: 'shop', from: '2026-11-21' } } },
    'to must be a text, got undefined',
  ],
  [
    {
      action: 'plan',
      execution: 'e',
      input: { backfill: { app_id: 'shop', from: '2026-11-21', to: '2026-11-21' } },
    },
    'backfill must end after its start, got from 2026-11-21 to 2026-11-21',
  ],
  [
    {
      action: 'plan',
      execution: 'e',
      input: { backfill: { app_id: 'shop', from: '21.11.2026', to: '2026-11-22' } },
    },
    'from must be a day as 2026-11-21, got "21.11.2026"',
  ],
  [{ action: 'prepare', execution: 'e', task: { ...TASK, table: 'users' } }, 'got "users"'],
  [
    { action: 'prepare', execution: 'e', task: { ...TASK, event_date: '2026-13-01' } },
    'event_date must be a day',
  ],
  [{ action: 'publish', execution: 'e', task: TASK }, 'run_id must be a text'],
  [{ action: 'record', execution: 'e', query_execution_id: 'q', hours: 'all' }, 'got "all"'],
  [{ action: 'finish', execution: 'e', listed_at: '1' }, 'listed_at must be a time in epoch ms'],
  [null, 'the input must be an object, got null'],
])('%j is refused', async (input, message) => {
  await expect(runAction(CONTEXT, input)).rejects.toThrow(message);
});
