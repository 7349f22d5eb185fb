import { ServiceError } from '../service.ts';

/** What a member of an input may be; lengths in characters for strings, items for lists. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
}

type Input = Readonly<Record<string, unknown>>;

function refuse(name: string, value: unknown, constraint: string): never {
  const shown = JSON.stringify(value)?.slice(0, 100) ?? 'null';
  throw new ServiceError(
    'ValidationException',
    `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}

/** An optional string member. @throws ServiceError ValidationException */
export function optionalText(input: Input, name: string, limits: Limits = {}): string | null {
  const value = input[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') return refuse(name, value, 'Member must be a string');
  const { min = 1, max, pattern, oneOf } = limits;
  if (value.length < min)
    refuse(name, value, `Member must have length greater than or equal to ${min}`);
  if (max !== undefined && value.length > max) {
    refuse(name, value, `Member must have length less than or equal to ${max}`);
  }
  if (pattern !== undefined && !pattern.test(value)) {
    refuse(name, value, `Member must satisfy regular expression pattern: ${pattern.source}`);
  }
  if (oneOf !== undefined && !oneOf.includes(value)) {
    refuse(name, value, `Member must satisfy enum value set: [${oneOf.join(', ')}]`);
  }
  return value;
}

/** A string member that must be there. @throws ServiceError ValidationException */
export function text(input: Input, name: string, limits: Limits = {}): string {
  return optionalText(input, name, limits) ?? refuse(name, null, 'Member must not be null');
}

/** An optional whole number between min and max. @throws ServiceError ValidationException */
export function wholeNumber(input: Input, name: string, min: number, max: number): number | null {
  const value = input[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return refuse(name, value, 'Member must be an integer');
  }
  if (value < min) refuse(name, value, `Member must have value greater than or equal to ${min}`);
  if (value > max) refuse(name, value, `Member must have value less than or equal to ${max}`);
  return value;
}

/** A list of objects that must be there. @throws ServiceError ValidationException */
export function objects(
  input: Input,
  name: string,
  min: number,
  max: number,
): Record<string, unknown>[] {
  const value = input[name];
  if (!Array.isArray(value)) return refuse(name, value ?? null, 'Member must be a list');
  if (value.length < min)
    refuse(name, [], `Member must have length greater than or equal to ${min}`);
  if (value.length > max) {
    refuse(name, `${value.length} items`, `Member must have length less than or equal to ${max}`);
  }
  for (const item of value) {
    if (typeof item !== 'object' || item === null) refuse(name, item, 'Member must be a structure');
  }
  return value as Record<string, unknown>[];
}

/** A blob member: base64 on the wire. @throws ServiceError SerializationException, ValidationException */
export function blob(input: Input, name: string, place: string, maxBytes: number): Buffer {
  const value = input[name];
  if (value === undefined || value === null) return refuse(place, null, 'Member must not be null');
  if (typeof value !== 'string') {
    throw new ServiceError('SerializationException', `${place} must be a base64 string`);
  }
  const bytes = Buffer.from(value, 'base64');
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  if (value.length % 4 !== 0 || bytes.length !== (value.length / 4) * 3 - padding) {
    throw new ServiceError('SerializationException', `${place} is not valid base64`);
  }
  if (bytes.length > maxBytes) {
    refuse(
      place,
      `${bytes.length} bytes`,
      `Member must have length less than or equal to ${maxBytes}`,
    );
  }
  return bytes;
}
