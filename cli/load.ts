import { allowClosedOutput } from './closed-output.ts';
import { interruptSignal } from './interrupt.ts';
import { InvalidArgumentError, parseLoadCommand, USAGE } from './load/load-arguments.ts';
import { type LoadOptions, type LoadSummary, loadFile, previewFile } from './load/load-file.ts';
import { BadRowError } from './load/map-row.ts';
import { InvalidMappingError } from './load/mapping.ts';
import { showProgress } from './load/show-progress.ts';

const PREVIEW_EVENTS = 3;

/** Exit codes: 0 every row is in, 1 some are not, 2 the call was wrong. */
async function main(): Promise<number> {
  const command = await parseLoadCommand(process.argv.slice(2));
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command.kind === 'dry-run') {
    const events = await previewFile(command.options, PREVIEW_EVENTS);
    if (events.length === 0) throw new Error(`${command.options.file} holds no rows`);
    process.stdout.write(`${events.map((event) => JSON.stringify(event, null, 2)).join('\n')}\n`);
    return 0;
  }
  return load(command.options);
}

async function load(options: LoadOptions): Promise<number> {
  const view = showProgress(process.stderr);
  const interrupt = interruptSignal(() => view.stop());
  try {
    const summary = await loadFile(options, view, interrupt);
    view.stop();
    process.stdout.write(describe(summary, options.statePath));
    const refused = Object.keys(summary.refused).length;
    return summary.stopped === undefined && refused === 0 && summary.bad === 0 ? 0 : 1;
  } finally {
    view.stop();
  }
}

function describe(summary: LoadSummary, statePath: string): string {
  const { skipped, sent, accepted, refused, bad, seconds, stopped, untouched } = summary;
  const refusals = Object.entries(refused).sort(([, a], [, b]) => b - a);
  const lines = [
    ...(skipped === 0
      ? []
      : [`skipped    ${skipped} rows that an earlier run settled (${statePath})`]),
    `sent       ${sent}`,
    `accepted   ${accepted}${skipped === 0 ? '' : ' (over all runs)'}`,
    `refused    ${refusals.reduce((sum, [, count]) => sum + count, 0)}`,
    ...refusals.map(([code, count]) => `  ${code}: ${count}`),
    ...(bad === 0 ? [] : [`bad rows   ${bad}`]),
    `seconds    ${seconds.toFixed(1)}`,
    `events/s   ${Math.round(sent / Math.max(seconds, 0.001))}`,
    ...(stopped === undefined
      ? []
      : [
          `stopped: ${stopped}`,
          untouched ? 'nothing is stored' : 'run the same command again to go on',
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

allowClosedOutput();
try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof InvalidArgumentError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof InvalidMappingError || error instanceof BadRowError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
