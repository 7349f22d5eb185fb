import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'bin/schemas.ts'), ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

/** A folder of schemas with the envelope only, and a sample of calls beside it. */
function makeFolder(): { schemas: string; sample: string } {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  const schemas = join(folder, 'schemas');
  cpSync(join(ROOT, 'schemas/envelope'), join(schemas, 'envelope'), { recursive: true });
  const sample = join(folder, 'sample.jsonl');
  const lines = [
    { type: 'track', event: 'Signed Up', properties: { plan: 'pro' } },
    { type: 'track', event: 'Other', properties: { other: 1 } },
    { type: 'identify', traits: {}, properties: { other: 1 } },
    { type: 'track', event: 'signed_up', properties: { plan: 'free', seats: 3 } },
  ];
  writeFileSync(sample, lines.map((line) => `${JSON.stringify(line)}\n`).join('\n'));
  return { schemas, sample };
}

describe('npm run schemas', () => {
  it('infers a first schema, writes it once, and checks it', () => {
    const { schemas, sample } = makeFolder();
    const infer = ['infer', sample, '--event', 'Signed Up', '--schemas', schemas];

    const shown = run(...infer);
    const before = existsSync(join(schemas, 'signed_up'));
    const written = run(...infer, '--write');
    const again = run(...infer, '--write');
    const checked = run('check', '--schemas', schemas);

    expect(before).toBe(false);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      properties: { plan: { type: 'string' }, seats: { type: 'integer' } },
      required: ['plan'],
    });
    expect(written.status).toBe(0);
    expect(readFileSync(join(schemas, 'signed_up/1-0-0.json'), 'utf8')).toBe(shown.stdout);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('not overwritten') });
    expect(checked).toEqual({
      status: 0,
      stdout: 'signed_up 1-0-0\n1 schemas, compatible within each major\n',
      stderr: '',
    });
  });

  it('infers from plain properties', () => {
    const { sample } = makeFolder();
    writeFileSync(sample, '{"type":"gift","plan":"pro"}\n');

    const { stdout } = run('infer', sample, '--event', 'Signed Up');

    expect(JSON.parse(stdout).required).toEqual(['plan', 'type']);
  });

  it('fails a check with what breaks', () => {
    const { schemas } = makeFolder();
    mkdirSync(join(schemas, 'sign_up'));
    writeFileSync(
      join(schemas, 'sign_up/1-0-0.json'),
      '{"type":"object","properties":{"a":{"type":"number"}}}',
    );
    writeFileSync(
      join(schemas, 'sign_up/1-0-1.json'),
      '{"type":"object","properties":{"a":{"type":"integer"}}}',
    );

    expect(run('check', '--schemas', schemas)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'sign_up: 1-0-1 is not compatible with 1-0-0 at "/properties/a/type" (type): numbers with a fraction were accepted, only "integer" is now; it needs a new major, 2-0-0\n',
    });
  });

  it.each([
    [[], 2, 'check or infer is needed, got nothing'],
    [['compare'], 2, 'check or infer is needed, got compare'],
    [['infer', 'a.jsonl'], 2, 'infer needs --event'],
    [['infer', '--event', 'x'], 2, 'infer needs a FILE'],
    [['infer', 'none.jsonl', '--event', 'x'], 1, 'cannot read the sample none.jsonl: ENOENT'],
    [['infer', 'a', 'b', '--event', 'x'], 2, 'infer takes one file, got a, b'],
    [['check', 'a'], 2, 'check takes no file, got a'],
    [['check', '--write'], 2, '--event and --write are of infer'],
    [['check', '--schemas', 'nowhere'], 1, 'nowhere is no folder: --schemas names'],
    [['check', '--schemas', 'docs'], 1, 'docs has no folder envelope'],
    [['check', '--what'], 2, "Unknown option '--what'"],
  ])('says what is wrong with %j', (args, status, message) => {
    expect(run(...args)).toMatchObject({ status, stderr: expect.stringContaining(message) });
  });

  it('names the events of a sample that does not hold the one it is asked for', () => {
    const { sample } = makeFolder();

    expect(run('infer', sample, '--event', 'Signed In')).toMatchObject({
      status: 1,
      stderr: `${sample} holds no event "Signed In", it holds Other, Signed Up, signed_up\n`,
    });
  });

  it('explains itself', () => {
    expect(run('--help')).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^usage:/),
      stderr: '',
    });
  });
});
