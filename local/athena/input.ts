import { invalidRequest } from './errors.ts';

/** Fields of a call's input, checked for their kind as they are read. */
export type Fields = Readonly<Record<string, unknown>>;

/** A string that must be there. @throws ServiceError InvalidRequestException */
export function stringField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '')
    throw invalidRequest(
      `${name} must be a string that is not empty, got ${JSON.stringify(value)}`,
    );
  return value;
}

/** A string that may be left out. */
export function optionalStringField(fields: Fields, name: string): string | undefined {
  return fields[name] == null ? undefined : stringField(fields, name);
}

/** A list of strings that may be left out. */
export function optionalStringsField(fields: Fields, name: string): string[] | undefined {
  const value = fields[name];
  if (value == null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw invalidRequest(`${name} must be a list of strings, got ${JSON.stringify(value)}`);
  return value;
}

/** A whole number from low to high, or the default. */
export function integerField(
  fields: Fields,
  name: string,
  low: number,
  high: number,
  fallback: number,
): number {
  const value = fields[name] ?? fallback;
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
    throw invalidRequest(
      `${name} must be a whole number from ${low} to ${high}, got ${JSON.stringify(value)}`,
    );
  }
  return value as number;
}

/** An object; empty where it is left out. */
export function objectField(fields: Fields, name: string): Fields {
  const value = fields[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidRequest(`${name} must be an object, got ${JSON.stringify(value)}`);
  return value as Fields;
}
