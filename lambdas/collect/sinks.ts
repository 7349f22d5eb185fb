import type { DeadLetter } from '../../core/event.ts';
import type { Line } from './map.ts';

/** Where events go. */
export interface Sinks {
  /**
   * Stores all of it, or throws UnavailableError: then nothing may be reported accepted.
   * @param declined of each event that may not be stored, its app: to be counted
   */
  store(
    lines: readonly Line[],
    deadLetters: readonly DeadLetter[],
    declined?: readonly string[],
  ): Promise<void>;
}
