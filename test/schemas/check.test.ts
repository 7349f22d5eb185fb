import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkSchemas, IncompatibleSchemasError } from '../../schemas/check.ts';

function folderWith(files: Readonly<Record<string, object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  for (const [name, schema] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(schema));
  }
  return folder;
}

function problemsOf(files: Readonly<Record<string, object>>): readonly string[] {
  try {
    checkSchemas(folderWith(files));
    return [];
  } catch (error) {
    if (error instanceof IncompatibleSchemasError) return error.problems;
    throw error;
  }
}

const OPEN = { type: 'object' };
const STRICT = { type: 'object', required: ['plan'] };

describe('checkSchemas', () => {
  it('lists the versions by number, gaps or not', () => {
    const folder = folderWith({
      'sign_up/1-0-10.json': OPEN,
      'sign_up/1-0-9.json': STRICT,
      'cart/3-0-0.json': OPEN,
    });

    expect(checkSchemas(folder).map(({ event, version }) => `${event}/${version}`)).toEqual([
      'cart/3-0-0',
      'sign_up/1-0-9',
      'sign_up/1-0-10',
    ]);
  });

  it('names event, versions, pointer, what breaks and the major that it needs', () => {
    expect(problemsOf({ 'sign_up/1-0-0.json': OPEN, 'sign_up/1-0-2.json': STRICT })).toEqual([
      'sign_up: 1-0-2 is not compatible with 1-0-0 at "/required" (required): "plan" was not required and is now: objects without it are refused; it needs a new major, 2-0-0',
    ]);
  });

  it('lets a new major break what it will', () => {
    expect(problemsOf({ 'sign_up/1-0-0.json': OPEN, 'sign_up/2-0-0.json': STRICT })).toEqual([]);
  });

  it('finds each break of each event at once, and takes no event for the one before it', () => {
    const problems = problemsOf({
      'a/1-0-0.json': OPEN,
      'b/1-0-0.json': STRICT,
      'b/1-1-0.json': OPEN,
      'b/1-2-0.json': { ...STRICT, maxProperties: 3 },
      'c/0-1-0.json': OPEN,
      'c/0-2-0.json': STRICT,
      'c/7-0-0.json': STRICT,
    });

    expect(
      problems.map((line) => /^(.*?) at (\S+).* a new major, (.*)$/.exec(line)?.slice(1)),
    ).toEqual([
      ['b: 1-2-0 is not compatible with 1-1-0', '"/required"', '2-0-0'],
      ['b: 1-2-0 is not compatible with 1-1-0', '"/maxProperties"', '2-0-0'],
      ['c: 0-2-0 is not compatible with 0-1-0', '"/required"', '8-0-0'],
    ]);
  });

  it('passes the schemas of the repository', () => {
    expect(checkSchemas(join(import.meta.dirname, '../../schemas')).length).toBeGreaterThan(20);
  });
});
