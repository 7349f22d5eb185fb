import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Config } from '../../core/config.ts';
import { parseConfig } from '../../core/config-schema.ts';
import { bundle, configFor, FUNCTIONS } from '../../lib/bundle.ts';
import sample from '../../millrace.config.ts';

const config = parseConfig(sample);

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'bundle-'));
}

/** Files of a bundle, all of them, sorted. */
function filesOf(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  return files.map(({ name, parentPath }) => relative(folder, join(parentPath, name))).sort();
}

describe('configFor', () => {
  it.each(FUNCTIONS)('gives %s a config that parses to itself', (name) => {
    const carried = configFor(name, config);

    expect(parseConfig(carried)).toEqual(carried);
  });

  it.each([
    ['collect', { readKeys: 0, writeKeys: 2 }],
    ['redrive', { readKeys: 0, writeKeys: 2 }],
    ['refill', { readKeys: 0, writeKeys: 0 }],
    ['gather', { readKeys: 0, writeKeys: 0 }],
    ['build', { readKeys: 0, writeKeys: 0 }],
    ['query', { readKeys: 1, writeKeys: 2 }],
  ] as const)('gives %s only the keys that it checks', (name, expected) => {
    const [app] = configFor(name, config).apps;

    expect({ readKeys: app?.readKeys.length, writeKeys: app?.writeKeys.length }).toEqual(expected);
  });
});

describe('bundle', () => {
  it.each(['collect', 'build'] as const)(
    'makes the same files of %s from the same sources, wherever they go',
    (name) => {
      const read = (folder: string): string[] =>
        filesOf(folder).map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`);

      const first = read(bundle(name, config, makeFolder()));
      const second = read(bundle(name, config, makeFolder()));

      expect(second).toEqual(first);
    },
  );

  it('keeps collect below 500 KB, so that it starts fast', () => {
    const folder = bundle('collect', config, makeFolder());

    const bytes = filesOf(folder).map((file) => statSync(join(folder, file)).size);
    expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(500_000);
  });

  it('puts the statements beside a function that reads them', () => {
    const folder = bundle('query', config, makeFolder());

    expect(readFileSync(join(folder, 'sql/questions/totals.sql'), 'utf8')).toContain('SELECT');
  });

  it('leaves the file of the config readable as the config', () => {
    const folder = bundle('refill', config, makeFolder());
    const carried = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Config;

    expect(carried).toEqual(configFor('refill', config));
  });

  it('gives query the schemas, which compile and are compatible', () => {
    const folder = bundle('query', config, makeFolder());
    const schemas = JSON.parse(readFileSync(join(folder, 'schemas.json'), 'utf8'));

    expect(schemas.order_completed['1-0-0']).toMatchObject({ title: 'Order Completed' });
  });

  it('fails where a new version of a schema breaks events, and says which', () => {
    const schemas = makeFolder();
    mkdirSync(join(schemas, 'sign_up'));
    writeFileSync(join(schemas, 'sign_up/1-0-0.json'), '{"type":"object"}');
    writeFileSync(join(schemas, 'sign_up/1-2-0.json'), '{"type":"object","required":["plan"]}');

    expect(() => bundle('query', config, makeFolder(), schemas)).toThrow(
      'sign_up: 1-2-0 is not compatible with 1-0-0 at "/required" (required): "plan" was not required and is now: objects without it are refused; it needs a new major, 2-0-0',
    );
  });
});
