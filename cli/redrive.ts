import { InvalidRedriveError } from '../core/redrive.ts';
import { allowClosedOutput } from './closed-output.ts';
import { interruptSignal } from './interrupt.ts';
import { InvalidArgumentError, parseRedriveCommand, USAGE } from './redrive/redrive-arguments.ts';
import { runRedrive } from './redrive/run-redrive.ts';
import { describeRedrive, showRedrive } from './redrive/show-redrive.ts';

/** Exit codes: 0 all passed (or would, or there was nothing) or was dismissed, 1 some do not, or it was stopped, 2 the call was wrong. */
async function main(): Promise<number> {
  const command = parseRedriveCommand(process.argv.slice(2));
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const view = showRedrive(process.stderr);
  const interrupt = interruptSignal(() => view.stop());
  try {
    const { input, target } = command;
    const summary = await runRedrive(input, target, view.listener, interrupt);
    view.stop();
    process.stdout.write(describeRedrive(summary));
    const { dismissing, failed, refused_calls: calls, not_redrivable: never } = summary;
    const isDone = dismissing || failed + calls + never === 0;
    return summary.stopped === undefined && isDone ? 0 : 1;
  } finally {
    view.stop();
  }
}

allowClosedOutput();
try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isWrongCall = error instanceof InvalidArgumentError;
  process.stderr.write(isWrongCall ? `${message}\n\n${USAGE}` : `${message}\n`);
  process.exitCode = isWrongCall || error instanceof InvalidRedriveError ? 2 : 1;
}
