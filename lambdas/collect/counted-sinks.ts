import type { DeadLetter } from '../../core/event.ts';
import { METRIC } from '../../core/metrics.ts';
import { metricLine, writeLogLine } from '../runtime/metrics.ts';
import type { AcceptedLine, Sinks } from './collect.ts';

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

const COUNTED = ['accepted', 'refused', 'declined'] as const;
type Counted = (typeof COUNTED)[number];

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
    lines: readonly AcceptedLine[],
    deadLetters: readonly DeadLetter[],
    declined: readonly string[] = [],
  ): Promise<void> {
    const counts: Record<Counted, Map<string, number>> = {
      accepted: countApps(lines, ({ appId }) => appId),
      refused: countApps(deadLetters, ({ app_id }) => app_id),
      declined: countApps(declined, (app) => app),
    };
    let stored = false;
    try {
      await this.#sinks.store(lines, deadLetters);
      stored = true;
    } finally {
      const apps = new Set(COUNTED.flatMap((one) => [...counts[one].keys()]));
      for (const app of apps) this.#write(app, (one) => counts[one].get(app) ?? 0, stored);
    }
  }

  #write(app: string, count: (one: Counted) => number, stored: boolean): void {
    const { namespace, receivedAt, write = writeLogLine } = this.#counting;
    const values: Record<string, number> = {};
    if (stored) {
      for (const one of COUNTED) if (count(one) > 0) values[METRIC[one]] = count(one);
    } else {
      const sent = count('accepted') + count('refused');
      if (sent > 0) values[METRIC.unconfirmed] = sent;
    }
    if (Object.keys(values).length > 0) write(metricLine(namespace, receivedAt, app, values));
  }
}

function countApps<T>(list: readonly T[], appOf: (member: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const member of list) {
    const app = appOf(member);
    counts.set(app, (counts.get(app) ?? 0) + 1);
  }
  return counts;
}
