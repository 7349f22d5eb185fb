import type { DeadLetter } from '../../core/event.ts';
import { METRIC } from '../../core/metrics.ts';
import { metricLine, writeLogLine } from '../runtime/metrics.ts';
import type { Line } from './map.ts';
import type { Sinks } from './sinks.ts';

/** How the events of a request are counted. */
export interface Counting {
  /** CloudWatch's namespace of the metrics. */
  readonly namespace: string;
  /** Epoch ms: the events are counted in the minute of their receipt, which stands in each of their records. */
  readonly receivedAt: number;
  /**
   * Takes the lines of the counts.
   *
   * @default - the function's log
   */
  readonly write?: (line: string) => void;
}

/**
 * Counts by app what was stored, once it is stored and before the client hears of it. So all that was ever acknowledged is
 * counted; a function that dies between leaves events that are stored and not counted, which the client sends again.
 */
export class CountedSinks implements Sinks {
  readonly #sinks: Sinks;
  readonly #counting: Counting;

  constructor(sinks: Sinks, counting: Counting) {
    this.#sinks = sinks;
    this.#counting = counting;
  }

  async store(
    lines: readonly Line[],
    deadLetters: readonly DeadLetter[],
    declined: readonly string[] = [],
  ): Promise<void> {
    const tally = new Tally();
    for (const { appId } of lines) tally.of(appId).accepted++;
    for (const { app_id } of deadLetters) tally.of(app_id).refused++;
    for (const app of declined) tally.of(app).declined++;
    try {
      await this.#sinks.store(lines, deadLetters);
    } catch (error) {
      for (const counts of tally.apps) this.#write(counts, false);
      throw error;
    }
    for (const counts of tally.apps) this.#write(counts, true);
  }

  #write({ app, accepted, refused, declined }: AppCounts, stored: boolean): void {
    const { namespace, receivedAt, write = writeLogLine } = this.#counting;
    const values: Record<string, number> = {};
    if (stored) {
      if (accepted > 0) values[METRIC.accepted] = accepted;
      if (refused > 0) values[METRIC.refused] = refused;
      if (declined > 0) values[METRIC.declined] = declined;
    } else if (accepted + refused > 0) {
      values[METRIC.unconfirmed] = accepted + refused;
    } else return;
    write(metricLine(namespace, receivedAt, app, values));
  }
}

interface AppCounts {
  readonly app: string;
  accepted: number;
  refused: number;
  declined: number;
}

/** Counts by app. A request's events mostly are one app's. */
class Tally {
  readonly apps: AppCounts[] = [];
  #last: AppCounts | undefined;

  of(app: string): AppCounts {
    if (this.#last?.app === app) return this.#last;
    this.#last = this.apps.find((one) => one.app === app);
    if (this.#last === undefined) {
      this.#last = { app, accepted: 0, refused: 0, declined: 0 };
      this.apps.push(this.#last);
    }
    return this.#last;
  }
}
