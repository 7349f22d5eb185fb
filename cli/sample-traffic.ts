import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
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

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      url: text,
      'write-key': text,
      'server-key': text,
      rate: { ...text, default: '5' },
      seed: { ...text, default: 'millrace' },
      help: { type: 'boolean', default: false },
    },
  });
  const { url, seed } = values;
  const writeKey = values['write-key'];
  const serverKey = values['server-key'];
  const rate = Number(values.rate);
  if (values.help || url === undefined || writeKey === undefined || !(rate >= 0.1 && rate <= 200)) {
    process[values.help ? 'stdout' : 'stderr'].write(USAGE);
    return values.help ? 0 : 2;
  }
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

try {
  process.exitCode = await main();
} catch (error) {
  const expected =
    error instanceof LoadStoppedError ||
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
