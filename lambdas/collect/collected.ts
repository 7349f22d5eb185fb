import type { RefusedEntry } from './dead-letter.ts';
import type { VisitorAnswer } from './visitor/visits.ts';

/**
 * What became of a request's events. The accepted are stored on the stream, the refused as dead letters (but those of visitors
 * of whom nothing is stored).
 */
export interface Collected {
  readonly accepted: number;
  readonly refused: readonly RefusedEntry[];
  /** Events of visitors of whom nothing is stored. */
  readonly declined: number;
  readonly visitor: VisitorAnswer;
}
