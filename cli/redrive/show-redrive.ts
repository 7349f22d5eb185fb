import { Presets, SingleBar } from 'cli-progress';
import type { RedriveReason } from '../../core/redrive.ts';
import type { RedriveListener, RedriveSummary } from './run-redrive.ts';

const STEPS = 1_000;
const LINE_EVERY_MS = 5_000;

/** Shows a redrive on a terminal as a bar, elsewhere as a line every five seconds. */
export interface RedriveView {
  readonly listener: RedriveListener;
  /** Takes the bar away. */
  stop(): void;
}

/** @param output Where to show it: standard error, so that standard output stays free. */
export function showRedrive(output: NodeJS.WriteStream): RedriveView {
  const bar = output.isTTY
    ? new SingleBar(
        {
          stream: output,
          format: '{bar} {percentage} % | {found} found, {passed} pass | {duration_formatted}',
          hideCursor: true,
        },
        Presets.shades_classic,
      )
    : undefined;
  bar?.start(STEPS, 0, { found: 0, passed: 0 });
  let lineAt = performance.now();
  return {
    listener: ({ share, found, passed }) => {
      bar?.update(Math.floor(share * STEPS), { found, passed });
      if (bar !== undefined || performance.now() - lineAt < LINE_EVERY_MS) return;
      lineAt = performance.now();
      output.write(`${Math.floor(share * 100)} %, ${found} found, ${passed} pass\n`);
    },
    stop: () => bar?.stop(),
  };
}

/** What a redrive did, for people. */
export function describeRedrive(summary: RedriveSummary): string {
  const { dry_run: dryRun, found, passed, events, failed, stopped, reasons } = summary;
  const row = (name: string, count: number, more = '') => `${name.padEnd(20)}${count}${more}`;
  const because = (outcome: RedriveReason['outcome']) =>
    reasons.filter((reason) => reason.outcome === outcome).flatMap(describeReason);
  const ofEvents = events === passed ? '' : ` (${events} events)`;
  const lines = [
    row('found', found),
    row(dryRun ? 'would pass' : 'passed', passed, ofEvents),
    row(dryRun ? 'would fail again' : 'failed again', failed),
    ...because('failed'),
    row('not redrivable', summary.not_redrivable),
    ...because('not_redrivable'),
    row('already redriven', summary.already_redriven),
    ...(stopped === undefined
      ? []
      : [`stopped: ${stopped}`, 'run the same command again to go on']),
    ...(dryRun ? ['nothing was sent'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function describeReason({ code, count, sample }: RedriveReason): string[] {
  const { event, schema, message, dead_letter_id: id } = sample;
  const of = [event, schema].filter((name) => name !== undefined).join(', ');
  return [`  ${code.padEnd(18)}${count}`, `    as ${id}${of && ` (${of})`}: ${message}`];
}
