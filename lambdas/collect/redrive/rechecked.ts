import type { DeadLetter, DeadLetterCode } from '../../../core/event.ts';
import type { Refusal } from '../refusal.ts';

/** A line for the stream. */
export interface RedrivenLine {
  /** JSON, without a newline. */
  readonly json: string;
  /** The person, for the partition key. */
  readonly personId: string;
}

/** What would become of a dead letter now. */
export type Rechecked =
  | {
      readonly outcome: 'passed';
      readonly lines: readonly RedrivenLine[];
      /** Of a batch's letter: letters of the calls in it that are refused again, so that they do not hold up the others. */
      readonly refused?: readonly DeadLetter[];
    }
  | { readonly outcome: 'failed'; readonly reason: LetterReason }
  | { readonly outcome: 'not_redrivable'; readonly code: string; readonly message: string };

/** Why a dead letter is refused again. */
export interface LetterReason extends Omit<Refusal, 'code'> {
  readonly code: DeadLetterCode;
}
