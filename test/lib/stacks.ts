import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { MillraceConfig } from '../../core/config.ts';
import { Millrace } from '../../lib/millrace.ts';
import sample from '../../millrace.config.ts';

/** The templates of a whole Millrace. */
export interface MillraceTemplates {
  readonly data: Template;
  readonly service: Template;
}

/** An app with the flags of cdk.json whose files go into a folder of their own. */
export function makeApp(): App {
  const file = join(import.meta.dirname, '../../cdk.json');
  const { context } = JSON.parse(readFileSync(file, 'utf8')) as {
    context: Record<string, unknown>;
  };
  return new App({ context, outdir: mkdtempSync(join(tmpdir(), 'millrace-')) });
}

/** A stack to put one box into. */
export function makeStack(): Stack {
  return new Stack(makeApp(), 'Test');
}

/** Templates of Millrace with the sample config, or another. */
export function makeTemplates(config: MillraceConfig = sample): MillraceTemplates {
  const millrace = new Millrace(makeApp(), 'Millrace', { config });
  return {
    data: Template.fromStack(millrace.dataStack),
    service: Template.fromStack(millrace.serviceStack),
  };
}
