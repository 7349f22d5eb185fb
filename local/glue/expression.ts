import { invalid } from './errors.ts';

/** Says whether a partition's key values satisfy an Expression. */
export type PartitionPredicate = (values: Readonly<Record<string, string>>) => boolean;

type Comparison = (value: string, literal: string) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': (value, literal) => value === literal,
  '<>': (value, literal) => value !== literal,
  '!=': (value, literal) => value !== literal,
  '<': (value, literal) => value < literal,
  '<=': (value, literal) => value <= literal,
  '>': (value, literal) => value > literal,
  '>=': (value, literal) => value >= literal,
};

const TOKEN = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_]*)|(<=|>=|<>|!=|[=<>(),]))/y;

/**
 * Reads an Expression of GetPartitions over string keys: comparisons (=, <>, <, <=, >, >=), BETWEEN and IN with quoted
 * literals, joined by AND, OR and parentheses.
 * @throws ServiceError InvalidInputException for anything else.
 */
export function parseExpression(text: string, keys: readonly string[]): PartitionPredicate {
  return new ExpressionReader(text, keys).read();
}

class ExpressionReader {
  readonly #tokens: readonly string[];
  readonly #keys: readonly string[];
  readonly #text: string;
  #at = 0;

  constructor(text: string, keys: readonly string[]) {
    this.#text = text;
    this.#keys = keys;
    this.#tokens = [...tokens(text)];
  }

  read(): PartitionPredicate {
    const predicate = this.#any();
    if (this.#peek() !== undefined) throw this.#refused();
    return predicate;
  }

  #any(): PartitionPredicate {
    const parts = [this.#all()];
    while (this.#takeWord('OR')) parts.push(this.#all());
    return (values) => parts.some((part) => part(values));
  }

  #all(): PartitionPredicate {
    const parts = [this.#one()];
    while (this.#takeWord('AND')) parts.push(this.#one());
    return (values) => parts.every((part) => part(values));
  }

  #one(): PartitionPredicate {
    if (this.#take('(')) {
      const inner = this.#any();
      this.#expect(')');
      return inner;
    }
    const key = this.#key();
    if (this.#takeWord('BETWEEN')) {
      const low = this.#literal();
      if (!this.#takeWord('AND')) throw this.#refused();
      const high = this.#literal();
      return (values) => values[key]! >= low && values[key]! <= high;
    }
    if (this.#takeWord('IN')) {
      this.#expect('(');
      const literals = [this.#literal()];
      while (this.#take(',')) literals.push(this.#literal());
      this.#expect(')');
      return (values) => literals.includes(values[key]!);
    }
    const compare = COMPARISONS[this.#tokens[this.#at++] ?? ''];
    if (compare === undefined) throw this.#refused();
    const literal = this.#literal();
    return (values) => compare(values[key]!, literal);
  }

  #key(): string {
    const name = this.#tokens[this.#at++]?.toLowerCase();
    if (name === undefined || !this.#keys.includes(name)) {
      throw invalid(
        `Unsupported expression '${this.#text}': ${name} is no partition key, keys are ${this.#keys.join(', ')}`,
      );
    }
    return name;
  }

  #literal(): string {
    const token = this.#tokens[this.#at++];
    if (!token?.startsWith("'")) throw this.#refused();
    return token.slice(1, -1).replaceAll("''", "'");
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #takeWord(word: string): boolean {
    if (this.#peek()?.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#refused();
  }

  #refused(): Error {
    return invalid(
      `Unsupported expression '${this.#text}': on one machine an expression is made of =, <>, <, <=, >, >=, BETWEEN and IN between a key and quoted literals, AND, OR and parentheses`,
    );
  }
}

function* tokens(text: string): Generator<string> {
  TOKEN.lastIndex = 0;
  let end = 0;
  while (text.slice(end).trim() !== '') {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    if (match === null)
      throw invalid(`Unsupported expression '${text}': ${text.slice(end)} is not understood`);
    end = TOKEN.lastIndex;
    yield match[0].trim();
  }
}
