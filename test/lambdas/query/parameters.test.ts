import { describe, expect, test } from '@jest/globals';
import { Parameters } from '../../../lambdas/query/parameters.ts';

describe('parameters from a body', () => {
  test('nested as deep as the body is long are refused, not fatal', () => {
    const body = `{"events": ${'['.repeat(40_000)}${']'.repeat(40_000)}}`;

    expect(() => Parameters.read('', body)).toThrow('events must be a text or a list of texts');
  });

  test('are texts, numbers, booleans and lists of them; null stands for missing', () => {
    const parameters = Parameters.read(
      '',
      '{"events": ["a,b", "c"], "include_bots": true, "tz": null}',
    );

    expect(parameters.list('events')).toEqual(['a,b', 'c']);
    expect(parameters.text('include_bots')).toBe('true');
    expect(parameters.text('tz')).toBeUndefined();
  });
});
