import { setTimeout as sleep } from 'node:timers/promises';

/** How long and how often to try. */
export interface Patience {
  /** Epoch ms after which nothing is tried any more. */
  readonly deadline: number;
  /** Tries in all. Default 4. */
  readonly tries?: number;
  /** Most milliseconds of one try: one that hangs on a dead connection must leave time for the next. Default: no limit. */
  readonly tryMs?: number;
}

/** What became of a send. */
export interface Sent<T> {
  /** Entries that the service did not take. */
  readonly left: readonly T[];
  /** The last error, where entries are left. */
  readonly cause?: unknown;
}

const DEFAULT_TRIES = 4;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Sends a batch until the service took all of it, and only ever what it did not take: a batch call answers 200 with some
 * entries refused, and the SDK does not send those again. Pauses grow, with full jitter.
 * @param send Gives back the entries that failed; a throw counts as none taken.
 */
export async function sendUntilTaken<T>(
  entries: readonly T[],
  send: (entries: readonly T[], signal: AbortSignal) => Promise<readonly T[]>,
  { deadline, tries = DEFAULT_TRIES, tryMs = Number.POSITIVE_INFINITY }: Patience,
): Promise<Sent<T>> {
  let left = entries;
  let cause: unknown;
  for (let attempt = 0; attempt < tries && left.length > 0; attempt++) {
    const remaining = deadline - Date.now();
    if (remaining <= 0) return { left, cause: cause ?? new Error('no time left to send') };
    if (attempt > 0) await sleep(Math.min(pauseMs(attempt), remaining));
    try {
      // Whole milliseconds: AbortSignal takes no others.
      const timeLeft = Math.max(1, Math.floor(deadline - Date.now()));
      left = await send(left, AbortSignal.timeout(Math.min(tryMs, timeLeft)));
      cause = new Error(`${left.length} of ${entries.length} entries were refused each time`);
    } catch (error) {
      cause = error;
      if (isPermanent(error)) break;
    }
  }
  return left.length > 0 ? { left, cause } : { left };
}

function pauseMs(attempt: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
}

/** Errors that the same call will meet again: no such stream, no permission, no valid input. */
function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const throttled = /Throttl|LimitExceeded|ProvisionedThroughput|TooManyRequests/.test(error.name);
  return status !== undefined && status >= 400 && status < 500 && status !== 429 && !throttled;
}
