import { describe, expect, test } from '@jest/globals';
import { Parameters } from '../../../lambdas/query/parameters.ts';
import { readScope } from '../../../lambdas/query/scope.ts';
import { testApp } from './app-fixture.ts';

const NOW = Date.parse('2026-04-10T12:00:00Z');

function scope(query: string, body?: object) {
  const parameters = Parameters.read(query, body === undefined ? undefined : JSON.stringify(body));
  return readScope(parameters, testApp('shop'), NOW);
}

describe('what a question looks at', () => {
  test("days are the app's where the question names no time zone", () => {
    expect(scope('from=2026-03-29&to=2026-03-30').range).toEqual({
      from: Date.parse('2026-03-28T23:00:00Z'),
      to: Date.parse('2026-03-29T22:00:00Z'),
    });
    expect(scope('from=2026-03-29&to=2026-03-30&tz=utc').range.from).toBe(
      Date.parse('2026-03-29T00:00:00Z'),
    );
  });

  test('values of one dimension are alternatives, whatever their order', () => {
    const { filters } = scope(
      'filter=device:mobile&filter=channel:b&filter=channel:a&filter=channel:a',
    );
    expect(filters).toEqual([
      { property: 'channel', op: 'in', value: ['a', 'b'] },
      { property: 'device', op: 'in', value: ['mobile'] },
    ]);
    expect(scope('', { filter: ['channel:a', 'device:mobile', 'channel:b'] }).filters).toEqual(
      filters,
    );
  });

  test('a value may hold colons, an exclamation mark negates, nothing stands for a missing one', () => {
    expect(scope('filter=source:a:b&filter=plan:!pro&filter=country:').filters).toEqual([
      {
        any: [
          { property: 'country', op: 'is_not_set' },
          { property: 'country', op: 'in', value: [''] },
        ],
      },
      { property: 'plan', op: 'not_in', value: ['pro'] },
      { property: 'source', op: 'in', value: ['a:b'] },
    ]);
  });

  test('breakdowns are dimensions and periods; bots are out unless asked for', () => {
    expect(scope('breakdown=plan,week').breakdown).toEqual(['plan', 'week']);
    expect(scope('breakdown=plan&breakdown=week').breakdown).toEqual(['plan', 'week']);
    expect(scope('').includeBots).toBe(false);
    expect(scope('', { include_bots: true }).includeBots).toBe(true);
  });

  test.each([
    ['from=2026-01-02&to=2026-01-01', 'from', /^from must lie before to, got from 2026-01-02/],
    ['from=tomorrow', 'from', /^from must be a date .* got "tomorrow"/],
    ['from=2015-01-01&to=2026-01-01', 'from', /^a range may span 1830 days/],
    ['tz=Mars/Phobos', 'tz', /^tz must be an IANA time zone/],
    ['tz=', 'tz', /^tz is empty/],
    ['tz=UTC&tz=UTC', 'tz', /^tz is given 2 times: once is allowed/],
    [
      'filter=color:red',
      'filter',
      /^unknown dimension "color", allowed are channel, .*locale, plan$/,
    ],
    ['filter=day:2026-01-01', 'filter', /^unknown dimension "day"/],
    ['filter=channel', 'filter', /^filter must be dimension:value/],
    [
      'breakdown=color',
      'breakdown',
      /^unknown dimension "color", .* plan, hour, day, week, month$/,
    ],
    ["breakdown=plan'--", 'breakdown', /^unknown dimension/],
    ['breakdown=plan,,day', 'breakdown', /^breakdown holds an empty value/],
    ['breakdown=plan,os,country,day', 'breakdown', /^breakdown names 4 dimensions, at most 3/],
    ['include_bots=maybe', 'include_bots', /^include_bots must be false or true, got "maybe"$/],
  ])('%s is refused', (query, parameter, message) => {
    expect.assertions(2);
    try {
      scope(query);
    } catch (error) {
      expect((error as Error).message).toMatch(message);
      expect(error).toMatchObject({ status: 400, extensions: { parameter } });
    }
  });
});

describe('bodies', () => {
  test.each([
    ['', 'the body is no JSON'],
    ['[1]', 'the body must be a JSON object'],
    ['{"from":{}}', 'from must be a text or a list of texts, got {}'],
  ])('%j is refused', (body, message) => {
    expect(() => Parameters.read('', body)).toThrow(message);
  });

  test('a parameter in both places is refused, null is a missing one', () => {
    expect(() => Parameters.read('tz=UTC', '{"tz":"UTC"}')).toThrow(
      'tz is given in the query string and in the body: once is allowed',
    );
    expect(Parameters.read('', '{"tz":null}').text('tz')).toBe(undefined);
  });

  test('an element of a list in the body may hold commas', () => {
    expect(Parameters.read('', '{"events":["a,b","c"]}').list('events')).toEqual(['a,b', 'c']);
    expect(Parameters.read('events=a,b&events=c', undefined).list('events')).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('unknown parameters are named with the known ones', () => {
    const parameters = Parameters.read('form=2026-01-01', undefined);
    expect(() => parameters.allowOnly(['from', 'to'])).toThrow(
      'unknown parameter "form", allowed are from, to',
    );
  });
});
