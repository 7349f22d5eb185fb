import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../bin/synthesize.ts';
import config from '../../millrace.config.ts';

function makeAssembly(validate: boolean): string {
  const outdir = mkdtempSync(join(tmpdir(), 'assembly-'));
  synthesize({ config, outdir, validate });
  return outdir;
}

// One with the checks and one without: they take seconds each.
const exitCode = process.exitCode;
const checked = makeAssembly(true);
const unchecked = makeAssembly(false);

describe('synthesize', () => {
  it('writes two stacks that name no account and no region', () => {
    const manifest = JSON.parse(readFileSync(join(unchecked, 'manifest.json'), 'utf8'));
    const stacks = Object.values(manifest.artifacts as Record<string, Artifact>).filter(
      ({ type }) => type === 'aws:cloudformation:stack',
    );
    expect(stacks.map(({ properties }) => properties?.stackName)).toEqual([
      'Millrace-Data',
      'Millrace-Service',
    ]);
    expect(stacks.map(({ environment }) => environment)).toEqual(
      Array(2).fill('aws://unknown-account/unknown-region'),
    );
  });

  it('makes the same assets again, so that what did not change is not deployed', () => {
    const assets = (folder: string): string[] =>
      readdirSync(folder).filter((name) => name.startsWith('asset.'));

    expect(assets(unchecked)).toEqual(assets(checked));
  });

  it('has no finding of cdk-nag that is not acknowledged with its reason', () => {
    const report = join(checked, 'validation-report.json');
    const findings = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
    expect(findings.pluginReports ?? []).toEqual([]);
    expect(process.exitCode).toBe(exitCode);
  });
});

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: { readonly stackName?: string };
}
