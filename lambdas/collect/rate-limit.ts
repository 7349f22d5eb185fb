import { TooManyRequestsError } from '../runtime/http-error.ts';
import { logger } from '../runtime/logger.ts';
import type { Sender } from './authenticate.ts';

/** Counts the requests of all functions together. */
export interface RateCounter {
  /**
   * Adds requests to what a key sent in a window.
   * @param window Start of the window, epoch ms.
   * @returns the requests of all functions in it so far.
   */
  add(keyId: string, window: number, requests: number): Promise<number>;
}

/** Milliseconds of a window: a burst may use a window's whole allowance at once. */
export const RATE_WINDOW_MS = 10_000;
/** Share of the allowance that a function counts by itself before it tells the others: each telling is a write to pay. */
const UNREPORTED_SHARE = 1 / 500;

interface Window {
  readonly start: number;
  readonly allowed: number;
  /** Requests that this function admitted and has not reported. */
  unreported: number;
  /** Requests of all functions, as far as they were reported. */
  reported: number;
  /** Unreported requests at which the next report goes out. */
  reportAt: number;
  reporting: Promise<void> | undefined;
}

/**
 * Limits the requests of each write key. A function counts by itself and tells the shared counter now and then, which costs nothing while
 * little comes; so the limit holds within some percent, and a key with little traffic is never written at all. Where the shared counter
 * fails, each function's own count still limits.
 */
export class RateLimits {
  readonly #counter: RateCounter;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  /** @param now epoch ms. */
  constructor(counter: RateCounter, now: () => number = Date.now) {
    this.#counter = counter;
    this.#now = now;
  }

  /**
   * Counts a request of a key.
   * @throws TooManyRequestsError with the seconds until it may come again.
   */
  admit({ app, keyId }: Sender): void {
    const now = this.#now();
    const window = this.#windowOf(keyId, app.requestsPerSecond, now);
    if (window.reported + window.unreported >= window.allowed) {
      throw new TooManyRequestsError(
        'too_many_requests',
        `this write key sent more than ${window.allowed} requests in ${RATE_WINDOW_MS / 1000} seconds (${app.requestsPerSecond} a second): send larger batches, or the same again later`,
        Math.max(1, Math.ceil((window.start + RATE_WINDOW_MS - now) / 1000)),
      );
    }
    window.unreported++;
    if (window.unreported >= window.reportAt) {
      window.reporting ??= this.#report(keyId, window).finally(() => {
        window.reporting = undefined;
      });
    }
  }

  /** Waits for what is being reported: a function is frozen after its answer. */
  async settled(): Promise<void> {
    await Promise.all([...this.#windows.values()].map(({ reporting }) => reporting));
  }

  #windowOf(keyId: string, requestsPerSecond: number, now: number): Window {
    const start = now - (now % RATE_WINDOW_MS);
    let window = this.#windows.get(keyId);
    if (window?.start !== start) {
      const allowed = requestsPerSecond * (RATE_WINDOW_MS / 1000);
      window = {
        start,
        allowed,
        unreported: 0,
        reported: 0,
        reportAt: stepOf(allowed),
        reporting: undefined,
      };
      this.#windows.set(keyId, window);
    }
    return window;
  }

  async #report(keyId: string, window: Window): Promise<void> {
    const requests = window.unreported;
    try {
      window.reported = await this.#counter.add(keyId, window.start, requests);
      window.unreported -= requests;
      window.reportAt = stepOf(window.allowed);
    } catch (error) {
      // Not with the very next request: each would wait for a counter that does not answer.
      window.reportAt = window.unreported + stepOf(window.allowed);
      logger.warn(
        'requests could not be counted: the limit of the key holds for each function alone',
        {
          error,
        },
      );
    }
  }
}

/** Requests that a function keeps to itself before it reports them. */
function stepOf(allowed: number): number {
  return Math.max(1, Math.round(allowed * UNREPORTED_SHARE));
}
