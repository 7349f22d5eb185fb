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

  async store(lines: readonly AcceptedLine[], deadLetters: readonly DeadLetter[]): Promise<void> {
    const accepted = countApps(lines, ({ appId }) => appId);
    const refused = countApps(deadLetters, ({ app_id }) => app_id);
    let stored = false;
    try {
      await this.#sinks.store(lines, deadLetters);
      stored = true;
    } finally {
      for (const app of new Set([...accepted.keys(), ...refused.keys()])) {
        this.#write(app, accepted.get(app) ?? 0, refused.get(app) ?? 0, stored);
      }
    }
  }

  #write(app: string, accepted: number, refused: number, stored: boolean): void {
    const { namespace, receivedAt, write = writeLogLine } = this.#counting;
    const counts: Record<string, number> = {};
    if (!stored) counts[METRIC.unconfirmed] = accepted + refused;
    if (stored && accepted > 0) counts[METRIC.accepted] = accepted;
    if (stored && refused > 0) counts[METRIC.refused] = refused;
    write(metricLine(namespace, receivedAt, app, counts));
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
