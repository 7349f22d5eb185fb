import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finishing } from '../../bin/unfinished.ts';

describe('finishing', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assembly-'));
    mkdirSync(join(folder, 'asset.1'));
    writeFileSync(join(folder, 'manifest.json'), '{}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps the copies of an assembly that was finished', () => {
    finishing(folder, () => {});

    expect(readdirSync(folder)).toEqual(['asset.1', 'manifest.json']);
  });

  it('takes away the copies of one that was interrupted, before it makes them again', () => {
    const { pid } = spawnSync('true');
    writeFileSync(join(folder, '.unfinished'), `${pid}`);
    let found: string[] = [];

    finishing(folder, () => {
      found = readdirSync(folder);
    });

    expect(found).toEqual(['.unfinished', 'manifest.json']);
    expect(readdirSync(folder)).toEqual(['manifest.json']);
  });

  it('takes away those of one that failed', () => {
    const fail = () => {
      throw new Error('no space left on device');
    };
    expect(() => finishing(folder, fail)).toThrow('no space left');

    finishing(folder, () => {});

    expect(readdirSync(folder)).toEqual(['manifest.json']);
  });

  it('leaves the copies of one that runs beside it alone', () => {
    writeFileSync(join(folder, '.unfinished'), `${process.ppid}`);

    finishing(folder, () => {});

    expect(readdirSync(folder)).toContain('asset.1');
  });

  it('makes the folder', () => {
    const fresh = join(folder, 'a/b');

    finishing(fresh, () => {});

    expect(readdirSync(fresh)).toEqual([]);
  });
});
