import { batchSpans, parseExactly, shapeOf } from '../../../lambdas/collect/json.ts';

/** What is stored of a JSON text. */
function stored(text: string): string {
  return JSON.stringify(parseExactly(text, JSON.parse(text)).exact);
}

describe('parseExactly', () => {
  it.each([
    '{"n":12345678901234567890}',
    '{"n":-9007199254740993}',
    '{"n":1.10}',
    '{"n":1.0}',
    '{"n":[1e5,1E+5,2.50]}',
    '{"n":-0}',
    '{"n":0.1234567890123456789}',
    '{"n":0.0000001}',
    '{"n":1.5,"m":{"k":100}}',
    '{"n":0.30000000000000004}',
    '{"__proto__":{"a":1},"constructor":2}',
    '{"text":"a: 1.10, \\\\u0000 stays","emoji":"😀"}',
  ])('keeps %s to the letter', (text) => {
    expect(stored(text)).toBe(text);
  });

  it('keeps a number beyond a double as a string', () => {
    expect(stored('{"n":1e400,"m":-1e999}')).toBe('{"n":"1e400","m":"-1e999"}');
  });

  it('replaces NUL and halves of surrogate pairs in values and keys, and keeps whole pairs', () => {
    const text = '{"a\\u0000":"x\\u0000y","b":"\\ud83d\\ude00","c":"\\ud83d","d":"\\ude00\\ud83d"}';

    expect(JSON.parse(stored(text))).toEqual({
      'a\ufffd': 'x\ufffdy',
      b: '😀',
      c: '\ufffd',
      d: '\ufffd\ufffd',
    });
    expect(parseExactly(text, JSON.parse(text)).value).toHaveProperty('c', '\ufffd');
  });

  it('reads an escaped backslash before u0000 as what it is', () => {
    expect(JSON.parse(stored('{"a":"\\\\u0000"}'))).toEqual({ a: '\\u0000' });
  });
});

describe('shapeOf', () => {
  it.each([
    '0',
    '-5',
    ' 12.5 ',
    '{"a":999999999999999,"b":[0.000001, 9007199254740992]}',
    '":1.0,"',
  ])('knows that JavaScript writes the numbers of %s as they are', (text) => {
    expect(shapeOf(text).isExact).toBe(true);
  });

  it.each(['1.0', '-0', '[1,1e5]', '{"a":{"b":1e400 }}', '[9007199254740993]', '[1E5,"1"]'])(
    'knows that it would write those of %s in another way',
    (text) => {
      expect(shapeOf(text).isExact).toBe(false);
    },
  );
});

describe('batchSpans', () => {
  function texts(text: string): string[] {
    return batchSpans(text).map(({ start, end }) => text.slice(start, end).trim());
  }

  it('finds each element as it was written, whatever it is', () => {
    const text =
      '{"a":[1,2],"batch":[ {"b":"],}\\"{","c":[[]]} ,5,"x,y",[1,[2]], null],"z":{"batch":[9]}}';

    expect(texts(text)).toEqual(['{"b":"],}\\"{","c":[[]]}', '5', '"x,y"', '[1,[2]]', 'null']);
    expect(batchSpans(text).map(({ depth }) => depth)).toEqual([3, 0, 0, 2, 0]);
  });

  it('takes the last batch where the key is repeated, and knows the key in escapes', () => {
    expect(texts('{"batch":[1],"b\\u0061tch":[2,3]}')).toEqual(['2', '3']);
    expect(texts('{"batch":[1],"batch":[]}')).toEqual([]);
  });

  it('finds nothing where batch is no array of the top level', () => {
    expect(texts('{"batch":{"batch":[1]}}')).toEqual([]);
    expect(texts('[{"batch":[1]}]')).toEqual([]);
  });

  it('takes deep nesting without a stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

    expect(shapeOf(deep).depth).toBe(200_000);
    expect(batchSpans(`{"batch":[${deep}]}`)[0]?.depth).toBe(200_000);
  });
});
