import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { MillraceConfig } from '../core/config.ts';
import { Millrace } from '../lib/millrace.ts';
import { finishing } from './unfinished.ts';

/** Options of {@link synthesize}. */
export interface SynthesizeOptions {
  /** The config, as millrace.config.ts has it. */
  readonly config: MillraceConfig;
  /**
   * Folder of the cloud assembly.
   *
   * @default - the one that the CDK CLI asks for, else cdk.out
   */
  readonly outdir?: string;
  /**
   * Whether cdk-nag checks the stacks. CDK's own checks follow the variable CDK_VALIDATION.
   *
   * @default false
   */
  readonly validate?: boolean;
}

/**
 * Writes the cloud assembly of a config: the stacks Millrace-Data and Millrace-Service, with bundles of all functions.
 * @throws InvalidConfigError that lists every problem of the config.
 */
export function synthesize(options: SynthesizeOptions): void {
  const { config, outdir = process.env.CDK_OUTDIR ?? 'cdk.out', validate = false } = options;
  finishing(outdir, () => {
    const app = new App({
      outdir,
      analyticsReporting: false,
      context: {
        ...featureFlags(),
        // The CLI asks for paths of constructs and assets in the template; local/ reads them too.
        'aws:cdk:enable-path-metadata': true,
        'aws:cdk:enable-asset-metadata': true,
      },
    });
    new Millrace(app, 'Millrace', { config });
    if (validate) Validations.of(app).addPlugins(new AwsSolutionsChecks());
    app.synth();
  });
}

/** The flags of cdk.json, which only the CLI reads by itself: the stacks are the same however they are made. */
function featureFlags(): Record<string, unknown> {
  const file = join(import.meta.dirname, '../cdk.json');
  const { context } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly context: Record<string, unknown>;
  };
  return context;
}
