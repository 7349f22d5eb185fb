import { Presets, SingleBar } from 'cli-progress';
import type { LoadListener } from './load-file.ts';

const STEPS = 1_000;
const LINE_EVERY_MS = 5_000;
const MOST_PROBLEMS = 20;

/** Shows a load on a terminal as a bar, elsewhere as a line every five seconds. */
export interface ProgressView extends LoadListener {
  /** Takes the bar away and says how many problems were not shown. */
  stop(): void;
}

/** @param output Where to show it: standard error, so that standard output stays free. */
export function showProgress(output: NodeJS.WriteStream): ProgressView {
  const startedAt = performance.now();
  const bar = output.isTTY
    ? new SingleBar(
        {
          stream: output,
          format: '{bar} {percentage} % | {rows} rows | {rate}/s | {duration_formatted}',
          hideCursor: true,
        },
        Presets.shades_classic,
      )
    : undefined;
  bar?.start(STEPS, 0, { rows: 0, rate: 0 });
  let firstRows: number | undefined;
  let lineAt = startedAt;
  let problems = 0;
  return {
    progress(rows, share) {
      firstRows ??= rows;
      const now = performance.now();
      const rate = Math.round(((rows - firstRows) * 1000) / Math.max(now - startedAt, 1));
      if (bar !== undefined) {
        bar.update(Math.floor(share * STEPS), { rows, rate });
      } else if (now - lineAt >= LINE_EVERY_MS) {
        lineAt = now;
        output.write(`${Math.floor(share * 100)} %, ${rows} rows, ${rate}/s\n`);
      }
    },
    problem(message) {
      problems += 1;
      if (problems <= MOST_PROBLEMS) output.write(`${bar === undefined ? '' : '\n'}${message}\n`);
    },
    stop() {
      bar?.stop();
      if (problems > MOST_PROBLEMS) {
        output.write(`and ${problems - MOST_PROBLEMS} more rows with problems\n`);
      }
    },
  };
}
