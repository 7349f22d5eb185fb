import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withNegativeNumbers } from '../core/command-line.ts';
import { parseFaults } from './faults.ts';
import { firstSteps, type Keys, readKeys } from './first-steps.ts';
import type { Stack, StackOptions } from './stack.ts';
import { whatIsTaken } from './taken.ts';

const USAGE = `npm start -- [options]

Runs the synthesized template on this machine until it is stopped.

  --assembly FOLDER   a cloud assembly that is there; default: cdk.out, made anew of millrace.config.ts
  --data FOLDER       everything that is kept; default .millrace
  --port N            the HTTP API; default 8080, 0 takes a free one
  --aws-port N        the AWS protocols; default 4566, 0 takes a free one
  --speed N           how many times faster buffers, waits and schedules run, 1 to 10000; default 60
  --concurrency N     invocations of one function at the same time, 1 to 64; default 4
  --no-schedules      no builds by themselves
  --no-sample         no sample traffic

MILLRACE_FAULTS     a JSON list of faults to inject: local/README.md
`;

const OPTIONS = {
  assembly: { type: 'string' },
  // What package.json gives to npm start. Without it cdk.out is run as it is.
  synth: { type: 'boolean', default: false },
  data: { type: 'string', default: '.millrace' },
  port: { type: 'string', default: '8080' },
  'aws-port': { type: 'string', default: '4566' },
  speed: { type: 'string', default: '60' },
  concurrency: { type: 'string', default: '4' },
  'no-schedules': { type: 'boolean', default: false },
  'no-sample': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const ASSEMBLY = 'cdk.out';
const IMPATIENCE_MS = 1000;
/** What shells give for who was ended by Ctrl-C or a kill. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** A call that is wrong: the usage helps. */
class UsageError extends Error {}

interface Command {
  readonly stack: StackOptions;
  readonly sample: boolean;
}

function parseCommand(argv: readonly string[]): Command | 'help' {
  const { values } = parse(argv);
  if (values.help) return 'help';
  if (values.data === '') throw new UsageError('--data is empty: it names a folder');
  const faults = process.env.MILLRACE_FAULTS;
  return {
    stack: {
      assembly: values.assembly ?? ASSEMBLY,
      data: values.data,
      apiPort: whole('--port', values.port, 0, 65_535),
      awsPort: whole('--aws-port', values['aws-port'], 0, 65_535),
      speed: whole('--speed', values.speed, 1, 10_000),
      concurrency: whole('--concurrency', values.concurrency, 1, 64),
      schedules: !values['no-schedules'],
      ...(values.synth && values.assembly === undefined && { prepare: synthesize }),
      ...(faults !== undefined && { faults: parseFaults(faults) }),
    },
    sample: !values['no-sample'],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: withNegativeNumbers(argv), options: OPTIONS, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(flag: string, value: string, min: number, max: number): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= min && parsed <= max) return parsed;
  throw new UsageError(`${flag} must be a whole number from ${min} to ${max}, got ${value}`);
}

/** Sample traffic is a client like any other: a process of its own that speaks HTTP. */
function startSample({ apiUrl }: Stack, keys: Keys | undefined): ChildProcess | undefined {
  if (keys?.writeKey === undefined) {
    process.stderr.write('no sample traffic: the config has no public write key\n');
    return undefined;
  }
  const script = path.join(import.meta.dirname, '../cli/sample-traffic.ts');
  const args = [script, '--url', apiUrl, '--write-key', keys.writeKey];
  if (keys.serverKey !== undefined) args.push('--server-key', keys.serverKey);
  const child = spawn(process.execPath, ['--no-warnings', ...args], { stdio: 'inherit' });
  child.on('exit', (code) => {
    if (code) process.stderr.write(`sample traffic ended with code ${code}\n`);
  });
  return child;
}

/** Makes cdk.out as `npm run synth` does: a process of its own, because nothing here may import what makes stacks. */
async function synthesize(): Promise<void> {
  const script = path.join(import.meta.dirname, '../bin/millrace.ts');
  const child = spawn(process.execPath, ['--no-warnings', script], {
    stdio: 'inherit',
    // No CDK_OUTDIR: what is made is what is run.
    env: { ...process.env, CDK_OUTDIR: undefined, CDK_VALIDATION: 'false' },
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const [code] = await once(child, 'exit');
  process.off('exit', kill);
  if (code !== 0) throw new Error('nothing is started: the stacks cannot be made, see above');
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const taken = await whatIsTaken(command.stack);
  if (taken.length > 0) throw new Error([...taken, 'nothing is changed'].join('\n'));
  const onEarlySignal = (signal: keyof typeof EXIT_CODES) => process.exit(EXIT_CODES[signal]);
  process.on('SIGINT', onEarlySignal).on('SIGTERM', onEarlySignal);
  // Loaded here, so that a wrong option is answered at once.
  const { startStack } = await import('./stack.ts');
  const stack = await startStack(command.stack);
  const keys = readKeys(stack.bundles);
  process.stdout.write(`${firstSteps(stack, command.stack.speed, keys)}\n`);
  const sample = command.sample ? startSample(stack, keys) : undefined;
  let askedAt: number | undefined;
  const onSignal = async () => {
    if (askedAt !== undefined) {
      // Under npm one Ctrl-C comes twice. Who asks again later does not want to wait; what is accepted is on disk anyway.
      if (Date.now() - askedAt > IMPATIENCE_MS) process.exit(1);
      return;
    }
    askedAt = Date.now();
    sample?.kill();
    await stack.stop();
    process.exit(0);
  };
  process.off('SIGINT', onEarlySignal).off('SIGTERM', onEarlySignal);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.send?.({ apiUrl: stack.apiUrl, awsUrl: stack.awsUrl, outputs: stack.outputs });
}

// Who pipes it into head has read enough: the stack goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${USAGE}` : `${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
