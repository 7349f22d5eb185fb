import type { DeadLetter } from '../../core/event.ts';
import type { Line } from './map.ts';

/** An accepted event on its way. */
export interface AcceptedLine extends Line {
  readonly appId: string;
}

/** Where events go. */
export interface Sinks {
  /**
   * Stores all of it, or throws UnavailableError: then nothing may be reported accepted.
   * @param declined of each event that may not be stored, its app: to be counted
   */
  store(
    lines: readonly AcceptedLine[],
    deadLetters: readonly DeadLetter[],
    declined?: readonly string[],
  ): Promise<void>;
}
