import type { DeadLetter } from '../../../core/event.ts';
import {
  NO_LETTERS,
  type RedriveCounts,
  type RedrivePage,
  type RedriveReason,
} from '../../../core/redrive.ts';
import type { Rechecked } from './rechecked.ts';

/** Counts what becomes of letters. */
export class Tally {
  readonly #counts: { -readonly [name in keyof RedriveCounts]: number } = { ...NO_LETTERS };
  readonly #reasons = new Map<string, RedriveReason>();

  /** Counts a letter that waited, and what would become of it if it were sent. */
  add(letter: DeadLetter, rechecked: Rechecked): void {
    this.#counts.found += 1;
    this.#counts[rechecked.outcome] += 1;
    if (rechecked.outcome === 'passed') {
      const { lines, refused = [] } = rechecked;
      this.#counts.events += lines.length;
      this.#counts.refused_calls += refused.length;
      for (const one of refused) this.#count('refused_call', one, one);
      return;
    }
    const { outcome } = rechecked;
    const reason =
      outcome === 'failed'
        ? rechecked.reason
        : { code: rechecked.code, pointer: '', message: rechecked.message, schema: letter.schema };
    this.#count(outcome, reason, letter);
  }

  /** Counts a letter that is settled without being sent. */
  addDismissed(): void {
    this.#counts.dismissed += 1;
  }

  /** Counts a chosen letter that was settled before. */
  addSettled(outcome: 'passed' | 'dismissed'): void {
    this.#counts[outcome === 'passed' ? 'already_redriven' : 'already_dismissed'] += 1;
  }

  /** Counts a line of which no letter can be read. */
  addUnreadable(place: string, message: string): void {
    this.#counts.found += 1;
    this.#counts.not_redrivable += 1;
    this.#count(
      'not_redrivable',
      { code: 'unreadable', pointer: '', message: `${place}: ${message}` },
      { dead_letter_id: '' },
    );
  }

  /** All counts, and the reasons of letters that do not pass, the most frequent first. */
  get counts(): RedriveCounts & Pick<RedrivePage, 'reasons'> {
    const reasons = [...this.#reasons.values()].sort((a, b) => b.count - a.count);
    return { ...this.#counts, reasons };
  }

  #count(
    outcome: RedriveReason['outcome'],
    {
      code,
      pointer,
      message,
      schema,
    }: {
      readonly code: string;
      readonly pointer: string;
      readonly message: string;
      readonly schema?: string;
    },
    { dead_letter_id, event }: Pick<DeadLetter, 'dead_letter_id' | 'event'>,
  ): void {
    const key = `${outcome} ${code}`;
    const known = this.#reasons.get(key);
    const sample = known?.sample ?? { dead_letter_id, event, schema, pointer, message };
    this.#reasons.set(key, { outcome, code, count: (known?.count ?? 0) + 1, sample });
  }
}
