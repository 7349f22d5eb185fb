import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SOURCE = pathToFileURL(join(import.meta.dirname, '../../bin/read-config.ts')).href;
const CORE = join(import.meta.dirname, '../../core/config.ts');
const folder = mkdtempSync(join(tmpdir(), 'config-'));

afterAll(() => rmSync(folder, { recursive: true }));

const FILES = {
  'empty.ts': '',
  'open.ts': `import { defineConfig } from '${CORE}';\nexport default defineConfig({\n  apps: [{ id: 'shop' \n`,
  'enum.ts': 'const a = 1;\nenum A { B }\nexport default {};\n',
  'slip.ts': `import { defineConfg } from '${CORE}';\nexport default defineConfg({ apps: [] });\n`,
  'throws.ts': '\n\nexport default { apps: [process.env.NOT_SET_ANYWHERE.keys] };\n',
  'own.ts': "throw new Error('SHOP_KEY is not set');\n",
  'text.ts': "throw 'no';\n",
  'import.ts': "import './keys.ts';\nexport default {};\n",
  'indirect.ts': "import './throws.ts';\nexport default {};\n",
  'good.ts': `import { defineConfig } from '${CORE}';\nexport default defineConfig({ apps: [] });\n`,
} as const;

/** Outside of jest, whose loader of modules has words of its own. All in one process: each takes a moment to start. */
function readAll(names: readonly string[]): Record<string, string> {
  const program = `
    import { readConfig } from ${JSON.stringify(SOURCE)};
    const results = {};
    for (const file of process.argv.slice(1)) {
      results[file] = await readConfig(file).then(JSON.stringify, ({ name, message }) => name + ': ' + message);
    }
    console.log(JSON.stringify(results));`;
  const args = ['--no-warnings', '--input-type=module', '-e', program];
  const files = names.map((name) => join(folder, name));
  const { stdout, stderr } = spawnSync(process.execPath, [...args, ...files], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const byFile = JSON.parse(stdout) as Record<string, string>;
  return Object.fromEntries(names.map((name, i) => [name, byFile[files[i] ?? ''] ?? '']));
}

describe('readConfig', () => {
  let results: Record<string, string>;

  beforeAll(() => {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, 'folder.ts'));
    results = readAll([...Object.keys(FILES), 'folder.ts', 'missing.ts']);
  });

  it('gives what the file exports', () => {
    expect(results['good.ts']).toBe('{"apps":[]}');
  });

  it.each([
    ['missing.ts', /^missing.ts is missing, looked for at .*missing.ts: write one .*git checkout/],
    ['folder.ts', /^folder.ts is a folder, allowed: a file of TypeScript/],
    ['empty.ts', /^empty.ts: exports no config, allowed: export default defineConfig/],
    ['open.ts', /^open.ts, line 3: SyntaxError: Expected ',', got '<eof>'; mend it/],
    ['enum.ts', /^enum.ts, line 2: SyntaxError: TypeScript enum is not supported/],
    ['slip.ts', /^slip.ts, line 1: SyntaxError: .*'defineConfg'/],
    ['throws.ts', /^throws.ts, line 3: TypeError: Cannot read properties of undefined/],
    ['own.ts', /^own.ts, line 1: SHOP_KEY is not set; mend it/],
    ['text.ts', /^text.ts: it throws no; mend it/],
    ['import.ts', /^import.ts: Cannot find module '.*keys.ts' imported from .*import.ts; mend it/],
    ['indirect.ts', /^throws.ts, line 3: TypeError/],
  ])('says of %s in one line what is wrong, where, and what to do', (name, message) => {
    const [error, line] = results[name]?.split(`UnreadableConfigError: ${folder}/`) ?? [];

    expect(error).toBe('');
    expect(line).toMatch(message);
    expect(line).not.toContain('\n');
  });
});
