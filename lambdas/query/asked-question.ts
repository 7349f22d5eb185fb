import type { QuestionName } from '../../core/api.ts';
import type { DataVersion } from '../../core/registry.ts';
import type { Sql } from '../../core/sql/quote.ts';
import type { ResultRow } from '../runtime/athena.ts';
import type { Cell } from './csv.ts';
import type { QuestionScope } from './scope.ts';

/** A question that is read and checked: its statement, and how the result becomes the answer. */
export interface AskedQuestion {
  readonly question: QuestionName;
  readonly scope: QuestionScope;
  /** What is asked of this version of the data, and its statement. */
  at(version: DataVersion): {
    /** What is asked, every default spelled out: the answer repeats it. */
    readonly definition: object;
    readonly statement: Sql;
  };
  /** The answer's numbers; of no rows where nothing is built yet. */
  read(rows: readonly ResultRow[]): object;
  /** The answer's numbers as a table. */
  table(answer: object): {
    readonly header: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
  };
}
