import { expect, test } from '@jest/globals';
import { parseCause } from '../../../lambdas/build/cause.ts';

const STATUS = { State: 'FAILED', StateChangeReason: 'TYPE_MISMATCH: line 1:8' };
const QUERY = { Query: 'SELECT '.repeat(500), Status: STATUS };

test.each<[string, unknown, string]>([
  [
    'a failed query',
    { Error: 'States.TaskFailed', Cause: JSON.stringify(QUERY) },
    'States.TaskFailed: TYPE_MISMATCH: line 1:8',
  ],
  [
    'a failed query in a wrapper',
    { Error: 'States.TaskFailed', Cause: JSON.stringify({ QueryExecution: QUERY }) },
    'States.TaskFailed: TYPE_MISMATCH: line 1:8',
  ],
  [
    "a function's error",
    {
      Error: 'RangeError',
      Cause: '{"errorType":"RangeError","errorMessage":"too far","trace":[]}',
    },
    'RangeError: too far',
  ],
  [
    'a text',
    { Error: 'Athena.AthenaException', Cause: 'exhausted' },
    'Athena.AthenaException: exhausted',
  ],
  ['JSON of something else', { Error: 'Other', Cause: '[1]' }, 'Other: [1]'],
  ['a name alone', { Error: 'States.Timeout' }, 'States.Timeout'],
  ['nothing', undefined, ''],
])('the reason is told of %s', (_, error, reason) => {
  expect(parseCause(error)).toBe(reason);
});
