import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '..');

/** Who may import whom (docs/ARCHITECTURE.md): the first pattern that fits a file gives what it may import. */
const RULES: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^core\//, /^core\//],
  [/^schemas\//, /^schemas\//],
  [/^lib\//, /^(lib|core|schemas)\//],
  [/^bin\//, /^(bin|lib|core|schemas)\/|^millrace\.config\.ts$/],
  [/^millrace\.config\.ts$/, /^core\//],
  [/^lambdas\/runtime\//, /^(lambdas\/runtime|core)\//],
  [/^local\//, /^(local|core)\//],
  [/^cli\//, /^(cli|core)\/|^millrace\.config\.ts$/],
];

/** Packages that core may use: it is pure, so nothing that does I/O or knows AWS. */
const CORE_PACKAGES = ['zod'];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly relative: boolean;
  readonly typeOnly: boolean;
}

const imports = sources('.').flatMap(importsOf);

describe('the folders keep to the import rules', () => {
  test('no file imports from a folder that it may not know', () => {
    const broken = imports.filter((found) => found.relative && !allowed(found));
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test('no lambda imports another one', () => {
    const broken = imports.filter(({ file, target }) => {
      const [from, to] = [
        /^lambdas\/(\w+)\//.exec(file)?.[1],
        /^lambdas\/(\w+)\//.exec(target)?.[1],
      ];
      return from !== undefined && to !== undefined && to !== 'runtime' && from !== to;
    });
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test('core knows no AWS, no CDK and no I/O', () => {
    const packages = imports.filter(({ file, relative }) => file.startsWith('core/') && !relative);
    const broken = packages.filter(({ target }) => !CORE_PACKAGES.includes(target));
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test('no folder of the sources is a drawer for anything', () => {
    const folders = new Set(sources('.').flatMap((file) => dirname(file).split('/')));
    const banned = ['utils', 'util', 'common', 'helpers', 'misc', 'private'];
    expect(banned.filter((name) => folders.has(name))).toEqual([]);
  });

  test('no imports go in a circle', () => {
    expect(circle()).toEqual([]);
  });
});

describe('files are read in one go', () => {
  test('no source file has more than 400 lines that are not blank', () => {
    const long = sources('.')
      .filter((file) => !file.startsWith('test/') && !file.includes('.gen.'))
      .map((file) => ({
        file,
        lines: text(file)
          .split('\n')
          .filter((line) => line.trim() !== '').length,
      }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  test('every export of the sources has a docstring', () => {
    const bare = sources('.')
      .filter((file) => !file.startsWith('test/'))
      .flatMap((file) => undocumented(file));
    expect(bare).toEqual([]);
  });
});

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Exported functions, classes, interfaces and constants without a comment right above them. Overloads and type aliases of a documented constant are let through. */
function undocumented(file: string): string[] {
  const lines = text(file).split('\n');
  return lines.flatMap((line, i) => {
    const name =
      /^export (?:default )?(?:abstract )?(?:async )?(?:function|class|interface|const) (\w+)/.exec(
        line,
      )?.[1];
    const above = lines[i - 1]?.trim() ?? '';
    return name === undefined || above.endsWith('*/') ? [] : [`${file}: ${name}`];
  });
}

function sources(folder: string): string[] {
  const skipped = ['node_modules', 'cdk.out', 'dist', '.millrace', '.git', 'results'];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [path.split(sep).join('/')] : [];
  });
}

function importsOf(file: string): Import[] {
  const pattern =
    /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)/gm;
  return [...text(file).matchAll(pattern)].map((match) => {
    const name = (match[2] ?? match[3])!;
    const isRelative = name.startsWith('.');
    const target = isRelative
      ? relative(ROOT, resolve(ROOT, dirname(file), name))
          .split(sep)
          .join('/')
      : name;
    return { file, target, relative: isRelative, typeOnly: match[1] !== undefined };
  });
}

function allowed({ file, target }: Import): boolean {
  const own = /^lambdas\/\w+\//.exec(file)?.[0];
  if (own !== undefined && (target.startsWith(own) || /^(lambdas\/runtime|core)\//.test(target)))
    return true;
  const rule = RULES.find(([from]) => from.test(file));
  return own === undefined && (rule === undefined || rule[1].test(target));
}

/** One circle of value imports, or nothing. */
function circle(): string[] {
  const next = new Map<string, string[]>();
  for (const { file, target, relative, typeOnly } of imports) {
    if (relative && !typeOnly) next.set(file, [...(next.get(file) ?? []), target]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    done.add(file);
    for (const target of next.get(file) ?? []) {
      const found = visit(target, [...path, file]);
      if (found.length > 0) return found;
    }
    return [];
  };
  return [...next.keys()].map((file) => visit(file, [])).find((found) => found.length > 0) ?? [];
}
