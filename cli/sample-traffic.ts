import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withNegativeNumbers } from '../core/command-line.ts';
import { allowClosedOutput } from './closed-output.ts';
import { LoadStoppedError, sendBatch, type Target } from './load/send-batch.ts';
import { seededRandom } from './sample/random.ts';
import { history, MEAN_EVENTS_PER_VISIT, type TimedCall, visit } from './sample/visits.ts';

const USAGE = `npm run sample -- --url URL --write-key KEY [options]

Sends visits of a shop as Segment calls until it is stopped.

  --url URL            the API, as http://127.0.0.1:8080
  --write-key KEY      for the calls of now
  --server-key KEY     for two days of history at the start; without it none is sent
  --rate N             events a second on average, 0.1 to 200; default 5
  --seed TEXT          other visitors for another text; default: millrace
`;
const HISTORY_HOURS = 48;
const HISTORY_VISITS_PER_HOUR = 60;
const BATCH_SIZE = 250;
/** About 15 seconds: as long as a restart may take. */
const RETRIES = 6;
/** Calls of now are sent together where they are due together, at most so often. */
const TICK_MS = 200;

/** Sends the history, oldest first. Sent again it is the same events. */
async function sendHistory(target: Target, seed: string): Promise<number> {
  const calls = history(seed, Date.now(), HISTORY_HOURS, HISTORY_VISITS_PER_HOUR);
  for (let i = 0; i < calls.length; i += BATCH_SIZE) {
    await send(target, calls.slice(i, i + BATCH_SIZE));
  }
  return calls.length;
}

/** Sends visits as they happen, arrivals independent of each other, until the signal. */
async function sendLive(
  target: Target,
  seed: string,
  rate: number,
  signal: AbortSignal,
): Promise<void> {
  const random = seededRandom(`${seed} live ${Date.now()}`);
  const meanGapMs = (1000 * MEAN_EVENTS_PER_VISIT) / rate;
  let nextVisitAt = Date.now();
  let waiting: TimedCall[] = [];
  while (!signal.aborted) {
    const now = Date.now();
    for (; nextVisitAt <= now; nextVisitAt += random.exponential(meanGapMs)) {
      waiting.push(...visit(random, Math.floor(nextVisitAt)));
    }
    const due = waiting.filter(({ at }) => at <= now);
    waiting = waiting.filter(({ at }) => at > now);
    for (let i = 0; i < due.length; i += BATCH_SIZE)
      await send(target, due.slice(i, i + BATCH_SIZE));
    // A computer that slept must not catch up on hours.
    if (Date.now() - nextVisitAt > 60_000) nextVisitAt = Date.now();
    await sleep(TICK_MS, undefined, { signal }).catch((error: unknown) => {
      // Stopped while it slept: the loop ends by itself.
      if (!signal.aborted) throw error;
    });
  }
}

async function send(target: Target, calls: readonly TimedCall[]): Promise<void> {
  const answer = await sendBatch(
    target,
    calls.map(({ call }) => JSON.stringify(call)),
  );
  const [refusal] = answer.refused;
  if (refusal !== undefined) {
    process.stderr.write(
      `sample traffic: ${answer.refused.length} events refused, the first: ${refusal.code}: ${refusal.message}\n`,
    );
  }
}

interface Command {
  readonly url: string;
  readonly writeKey: string;
  readonly serverKey?: string;
  readonly rate: number;
  readonly seed: string;
}

/** A call that is wrong: the usage helps. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError that names the option, the value and what is allowed. */
function parseCommand(): Command | 'help' {
  const values = parseOptions();
  if (values.help) return 'help';
  const { url, seed } = values;
  if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`--url must be as http://127.0.0.1:8080, got ${url ?? 'none'}`);
  }
  const writeKey = values['write-key'];
  if (!writeKey) throw new UsageError('--write-key is needed');
  const rate = Number(values.rate);
  if (!(rate >= 0.1 && rate <= 200)) {
    throw new UsageError(`--rate must be a number from 0.1 to 200, got ${values.rate}`);
  }
  const serverKey = values['server-key'];
  if (serverKey === '') throw new UsageError('--server-key is empty: give a key, or leave it out');
  return { url, writeKey, rate, seed, ...(serverKey !== undefined && { serverKey }) };
}

function parseOptions() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: withNegativeNumbers(process.argv.slice(2)),
      options: {
        url: text,
        'write-key': text,
        'server-key': text,
        rate: { ...text, default: '5' },
        seed: { ...text, default: 'millrace' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function main(): Promise<number> {
  const command = parseCommand();
  if (command === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { url, writeKey, serverKey, rate, seed } = command;
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
    // A retry may wait for long; what is not sent is only sample traffic.
    setTimeout(() => process.exit(0), 1_000).unref();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  if (serverKey !== undefined) {
    const sent = await sendHistory({ url, writeKey: serverKey, retries: RETRIES }, seed);
    process.stdout.write(
      `sample traffic: ${sent} events of the last ${HISTORY_HOURS} hours sent\n`,
    );
  }
  await sendLive({ url, writeKey, retries: RETRIES }, seed, rate, stop.signal);
  return 0;
}

allowClosedOutput();
try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else if (error instanceof LoadStoppedError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
