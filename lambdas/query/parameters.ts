import { shownValue } from '../../core/shown-value.ts';
import { BadRequestError } from '../runtime/http-error.ts';

/** Most values of one list parameter. */
export const MAX_LIST_LENGTH = 100;

/** Most levels of objects and lists in a definition. */
const MAX_DEPTH = 32;

/** 400: a parameter is unknown, missing, twice there or of the wrong form. */
export class InvalidParameterError extends BadRequestError {
  /** @param parameter Its name, for the problem's member of that name. */
  constructor(parameter: string, detail: string) {
    super('invalid_parameter', detail, { extensions: { parameter } });
  }
}

/**
 * A question's parameters, from the query string and, for POST, from the JSON body. A list is separated by commas or
 * repeated in the query string, an array in the body (there an element may hold commas).
 */
export class Parameters {
  readonly #texts: ReadonlyMap<string, readonly string[]>;
  readonly #lists: ReadonlySet<string>;
  /** The body's `definition`, not checked. */
  readonly definition: unknown;

  private constructor(
    texts: ReadonlyMap<string, readonly string[]>,
    lists: ReadonlySet<string>,
    definition: unknown,
  ) {
    this.#texts = texts;
    this.#lists = lists;
    this.definition = definition;
  }

  /**
   * @param body The JSON body's text; undefined for GET.
   * @throws InvalidParameterError for a body that is no object, and for a parameter given in both places.
   */
  static read(queryString: string, body: string | undefined): Parameters {
    const texts = new Map<string, string[]>();
    const lists = new Set<string>();
    for (const [name, value] of new URLSearchParams(queryString)) {
      texts.set(name, [...(texts.get(name) ?? []), value]);
    }
    if (texts.has('definition')) {
      throw new InvalidParameterError(
        'definition',
        'definition stands in the query string: it is allowed in the JSON body of a POST',
      );
    }
    for (const [name, values] of texts) checkSendable(name, values);
    if (body === undefined) return new Parameters(texts, lists, undefined);
    const { definition, ...others } = parseBody(body);
    const deep = Object.entries(others).find(([, value]) => isDeeper(value, 1));
    if (deep !== undefined) {
      throw new InvalidParameterError(
        deep[0],
        `${deep[0]} must be a text or a list of texts, got a list of other things or an object`,
      );
    }
    if (isDeeper(definition, MAX_DEPTH)) {
      throw new InvalidParameterError(
        'definition',
        `definition is nested deeper than the ${MAX_DEPTH} levels that are allowed`,
      );
    }
    for (const [name, value] of Object.entries(others)) {
      if (texts.has(name)) {
        throw new InvalidParameterError(
          name,
          `${name} is given in the query string and in the body: once is allowed`,
        );
      }
      if (value === null) continue;
      if (Array.isArray(value)) lists.add(name);
      const elements = (Array.isArray(value) ? value : [value]).map((one) => textOf(name, one));
      checkSendable(name, elements);
      texts.set(name, elements);
    }
    return new Parameters(texts, lists, definition);
  }

  /** @throws InvalidParameterError for the first parameter that is not among the allowed ones. */
  allowOnly(allowed: readonly string[]): void {
    const names = [...this.#texts.keys(), ...(this.definition === undefined ? [] : ['definition'])];
    const unknown = names.find((name) => !allowed.includes(name));
    if (unknown !== undefined) {
      throw new InvalidParameterError(
        unknown,
        `unknown parameter ${shownValue(unknown)}, allowed are ${allowed.join(', ')}`,
      );
    }
  }

  /** A parameter that may stand once; undefined where it is missing. */
  text(name: string): string | undefined {
    const values = this.#texts.get(name) ?? [];
    if (values.length > 1) {
      throw new InvalidParameterError(
        name,
        `${name} is given ${values.length} times: once is allowed`,
      );
    }
    if (values[0] === '') {
      throw new InvalidParameterError(name, `${name} is empty: give it a value or leave it out`);
    }
    return values[0];
  }

  /** Every value of a parameter as it came, commas and all. */
  repeated(name: string): readonly string[] {
    const values = this.#texts.get(name) ?? [];
    if (values.length > MAX_LIST_LENGTH) {
      throw new InvalidParameterError(
        name,
        `${name} has ${values.length} values, at most ${MAX_LIST_LENGTH} are allowed`,
      );
    }
    return values;
  }

  /** A list's values, in order, each once. Empty where it is missing. */
  list(name: string): readonly string[] {
    const values = this.repeated(name);
    const split = this.#lists.has(name)
      ? values
      : values.flatMap((value) => value.split(',').map((part) => part.trim()));
    if (split.includes('')) {
      throw new InvalidParameterError(
        name,
        `${name} holds an empty value, got ${shownValue(values.join(','))}`,
      );
    }
    if (split.length > MAX_LIST_LENGTH) {
      throw new InvalidParameterError(
        name,
        `${name} has ${split.length} values, at most ${MAX_LIST_LENGTH} are allowed`,
      );
    }
    return [...new Set(split)];
  }

  /** One of a closed list; the first where it is missing. */
  oneOf<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const value = this.text(name);
    if (value === undefined) return allowed[0];
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) {
      throw new InvalidParameterError(
        name,
        `${name} must be ${allowed.join(' or ')}, got ${shownValue(value)}`,
      );
    }
    return found;
  }
}

function parseBody(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new BadRequestError(
      'invalid_json',
      `the body is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestError(
      'invalid_json',
      `the body must be a JSON object with the question’s parameters, got ${shownValue(body)}`,
    );
  }
  return body as Record<string, unknown>;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** What no statement can hold is refused here, where the parameter's name is known. */
function checkSendable(name: string, values: readonly string[]): void {
  const bad = values.find((value) => value.includes('\0') || !value.isWellFormed());
  if (bad === undefined) return;
  throw new BadRequestError(
    'invalid_value',
    `${shownValue(name)} must be text without the NUL character and half surrogate pairs, got ${shownValue(bad)}`,
    { extensions: { parameter: name } },
  );
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  throw new InvalidParameterError(
    name,
    `${name} must be a text or a list of texts, got ${shownValue(value)}`,
  );
}
