import { jsonPath } from '../../../core/sql/filters.ts';
import { jsonPointer } from '../../../local/athena/json-path.ts';

describe('jsonPointer', () => {
  it.each([
    ['plan', '/plan'],
    ['k"q', '/k"q'],
    ['*', '/*'],
    ['a/b~c', '/a~1b~0c'],
    ['back\\slash', '/back\\slash'],
    ["it's", "/it's"],
    ['$["plan"]', '/$["plan"]'],
    ['', '/'],
  ])('finds the key %j by the path that a filter writes', (key, expected) => {
    expect(jsonPointer(jsonPath(key))).toBe(expected);
  });

  it('reads paths of several steps', () => {
    expect(jsonPointer('$.a.b[3]["c d"]')).toBe('/a/b/3/c d');
  });

  it.each(['$', 'a', '$.*', '$..a', '$[*]', '$.a-b', '$["a'])('leaves %s alone', (path) => {
    expect(jsonPointer(path)).toBeUndefined();
  });
});
