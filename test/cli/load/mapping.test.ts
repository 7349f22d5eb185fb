import { InvalidMappingError, parseMapping } from '../../../cli/load/mapping.ts';

test('a mapping of every form is taken as it is', () => {
  const mapping = {
    event: 'action',
    timestamp: { column: 'at', as: 'string' },
    timestamp_format: 'epoch_s',
    type: { value: 'track' },
    properties: '*',
    context: { 'device.type': 'device', imported: { value: true } },
  };

  expect(parseMapping(mapping)).toEqual(mapping);
});

test.each([
  [[], 'the mapping: got []; an object is allowed'],
  [{ evnt: 'a' }, 'the mapping: unknown member evnt, allowed are type, event, user_id'],
  [{ event: 3 }, 'event: got 3; a column\'s name, {"column": …}'],
  [
    { timestamp_format: 'epoch' },
    'timestamp_format: got "epoch"; iso, epoch_s, epoch_ms is allowed',
  ],
  [{ time_zone: 2 }, 'time_zone: got 2; text is allowed'],
  [{ properties: [] }, 'properties: got []; an object of sources, "*" (all other columns)'],
  [
    { properties: { good: 'a', price: { column: 'amount', as: 'float' } } },
    'properties.price: got {"column":"amount","as":"float"}; a column\'s name, {"column": …}',
  ],
  [{ traits: { '*': true } }, "traits.*: got true; a column's name"],
  [{ context: { '': 'a' } }, 'context.: got "a"; a column\'s name'],
])('the mapping %j is refused with where, what was got and what is allowed', (mapping, message) => {
  expect(() => parseMapping(mapping)).toThrow(InvalidMappingError);
  expect(() => parseMapping(mapping)).toThrow(message);
});
