import type { DeadLetter } from '../../../core/event.ts';
import type { RedriveReason } from '../../../core/redrive.ts';
import type { Rechecked } from './rechecked.ts';

/** Counts what becomes of letters. */
export class Tally {
  found = 0;
  passed = 0;
  events = 0;
  failed = 0;
  not_redrivable = 0;
  already_redriven = 0;
  readonly #reasons = new Map<string, RedriveReason>();

  /** Counts a letter that waited. */
  add(letter: DeadLetter, rechecked: Rechecked): void {
    this.found += 1;
    this[rechecked.outcome] += 1;
    if (rechecked.outcome === 'passed') {
      this.events += rechecked.lines.length;
      return;
    }
    const { outcome } = rechecked;
    const reason =
      outcome === 'failed'
        ? rechecked.reason
        : { code: rechecked.code, pointer: '', message: rechecked.message, schema: letter.schema };
    this.#count(outcome, reason, letter);
  }

  /** Counts a line of which no letter can be read. */
  addUnreadable(place: string, message: string): void {
    this.found += 1;
    this.not_redrivable += 1;
    this.#count(
      'not_redrivable',
      { code: 'unreadable', pointer: '', message: `${place}: ${message}` },
      { dead_letter_id: '' },
    );
  }

  /** Reasons of letters that do not pass, the most frequent first. */
  get reasons(): readonly RedriveReason[] {
    return [...this.#reasons.values()].sort((a, b) => b.count - a.count);
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
