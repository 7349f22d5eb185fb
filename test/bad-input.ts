import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'fixtures');
const SUITE = join(FOLDER, 'json-test-suite');

/** A text that may be JSON. */
export interface JsonFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** JSONTestSuite: 318 texts that parsers of JSON stumble over. y_ must be read, n_ must not, i_ is up to the parser. */
export const JSON_FILES: readonly JsonFile[] = readdirSync(SUITE)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, bytes: readFileSync(join(SUITE, name)) }));

/** Valid JSON that pipelines of events stumble over, and that the suite lacks. */
export const JSON_TRAPS: readonly JsonFile[] = [
  '{"a":1,"A":2,"\\u0061b":3,"aB":4}',
  '{"a":1,"b":2,"a":3}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null}',
  '{"toJSON":"x","rawJSON":"1","length":1e2}',
  '[9007199254740993,-9007199254740993,18446744073709551616,0.1000000000000000055511151231257827]',
  '[1e400,-1e400,1e-400,5e-324,-0,-0.0,0e0,1E+2,1.10,100000000000000000000.0]',
  '"NUL \\u0000, halves \\ud800 \\udc00\\ud83d, a pair \\ud83d\\ude00, \\u2028, \\u2029 and \\\\u0000"',
  '{"\\u0000":1,"\\ud800":2,"":{"":""}}',
  `${'['.repeat(29)}0${']'.repeat(29)}`,
  '{"2":"b","1":"a","-1":"c","01":"d"}',
  '{"$ref":"#","$":1,"a.b":2,"a/b":3,"a~b":4,"a[0]":5,"\'":6,"\\"":7}',
  '" \\t\\r\\n\\b\\f\\/ \\u000b\\u001f\\u007f\\u0080\\u009f\\ufeff\\ufffe\\uffff"',
  '[[],{},[{}],{"a":[]},"",null,true,false]',
].map((text, index) => ({ name: `trap ${index}`, bytes: Buffer.from(text) }));

/** The Big List of Naughty Strings, and what it lacks. */
export const NAUGHTY_STRINGS: readonly string[] = [
  ...(JSON.parse(
    readFileSync(join(FOLDER, 'naughty-strings/naughty-strings.json'), 'utf8'),
  ) as string[]),
  ...['\0', 'a\0b', '\ud800', '\udc00\ud800', 'x\ud83d', '\\u0000', '\\ud800', '"\\', '__proto__'],
  ...['constructor', 'hasOwnProperty', '\ufeff', ' \u2028 ', '\u2029', '\ufffe', '1e400'],
  'x'.repeat(257),
];

/** What is stored of a text: NUL and halves of surrogate pairs are replaced, which no column can hold. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
