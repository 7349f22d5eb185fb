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
  const { dismissing, dry_run: dryRun, stopped } = summary;
  const lines = [
    row('found', summary.found),
    ...(dismissing ? [row(dryRun ? 'would dismiss' : 'dismissed', summary.dismissed)] : []),
    ...describeSent(summary),
    row('already redriven', summary.already_redriven),
    ...rowIfAny('already dismissed', summary.already_dismissed),
    ...(stopped === undefined
      ? []
      : [`stopped: ${stopped}`, 'run the same command again to go on']),
    ...(dismissing && dryRun ? ['nothing was dismissed: the same command with --yes does it'] : []),
    ...(!dismissing && dryRun ? ['nothing was sent'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What sending did, or would do: of letters that are dismissed, too, as some may pass by now. */
function describeSent(summary: RedriveSummary): string[] {
  const { dismissing, dry_run: dryRun, passed, events, failed, refused_calls: calls } = summary;
  const would = dryRun || dismissing;
  const because = (outcome: RedriveReason['outcome']) =>
    summary.reasons.filter((reason) => reason.outcome === outcome).flatMap(describeReason);
  const ofEvents = events === passed ? '' : ` (${events} events)`;
  return [
    row(would ? 'would pass' : 'passed', passed, ofEvents),
    ...rowIfAny('refused calls', calls, would ? '' : ', letters of their own now'),
    ...because('refused_call'),
    row(would ? 'would fail again' : 'failed again', failed),
    ...because('failed'),
    row('not redrivable', summary.not_redrivable),
    ...because('not_redrivable'),
  ];
}

function row(name: string, count: number, more = ''): string {
  return `${name.padEnd(20)}${count}${more}`;
}

function rowIfAny(name: string, count: number, more?: string): string[] {
  return count === 0 ? [] : [row(name, count, more)];
}

function describeReason({ code, count, sample }: RedriveReason): string[] {
  const { event, schema, message, dead_letter_id: id } = sample;
  const of = [event, schema].filter((name) => name !== undefined).join(', ');
  return [`  ${code.padEnd(18)}${count}`, `    as ${id}${of && ` (${of})`}: ${message}`];
}
