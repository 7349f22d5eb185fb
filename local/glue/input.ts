import { invalid } from './errors.ts';
import type { PartitionInput, TableInput } from './types.ts';

/** Fields of a call's input, checked for their kind as they are read. */
export class Input {
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @param fields the call's input as it came. */
  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** @throws ServiceError InvalidInputException where the field is missing or no string. */
  string(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || value === '')
      throw invalid(`${name} must be a string that is not empty, got ${JSON.stringify(value)}`);
    return value;
  }

  /** A string that may be left out. */
  optionalString(name: string): string | undefined {
    return this.#fields[name] === undefined ? undefined : this.string(name);
  }

  /** A list of strings. */
  strings(name: string): string[] {
    return stringList(name, this.#fields[name]);
  }

  /** A whole number from low to high, or the default. */
  integer(name: string, low: number, high: number, fallback: number): number {
    const value = this.#fields[name] ?? fallback;
    if (!Number.isInteger(value) || (value as number) < low || (value as number) > high)
      throw invalid(
        `${name} must be a whole number from ${low} to ${high}, got ${JSON.stringify(value)}`,
      );
    return value as number;
  }

  /** An object. */
  object(name: string): Record<string, unknown> {
    return asObject(name, this.#fields[name]);
  }

  /** A list of objects with at most `limit` items. */
  objects(name: string, limit: number): Record<string, unknown>[] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length > limit)
      throw invalid(`${name} must be a list of at most ${limit} items`);
    return value.map((item, i) => asObject(`${name}.${i}`, item));
  }

  /** A table's definition. */
  table(name: string): TableInput {
    const table = this.object(name);
    if (typeof table.Name !== 'string')
      throw invalid(`${name}.Name must be a string, got ${JSON.stringify(table.Name)}`);
    return table as TableInput;
  }

  /** A partition's definition. */
  partition(name: string): PartitionInput {
    return partitionInput(name, this.#fields[name]);
  }
}

/** A partition's definition, from an item of a batch or a field. */
export function partitionInput(name: string, value: unknown): PartitionInput {
  const partition = asObject(name, value);
  if (partition.Values !== undefined) stringList(`${name}.Values`, partition.Values);
  return partition as PartitionInput;
}

/** A list of strings, checked. */
export function stringList(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw invalid(`${name} must be a list of strings, got ${JSON.stringify(value)}`);
  return value;
}

function asObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} must be an object, got ${JSON.stringify(value)}`);
  return value as Record<string, unknown>;
}
