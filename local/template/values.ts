/** Whether a JSON value is an object: not null, not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A property that must be a text.
 * @throws Error that names the property and the value.
 */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(value, name, 'a text');
  return value;
}

/** A text, or undefined where the template does not set it. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined ? undefined : text(value, name);
}

/**
 * A property that must be a number; templates may write numbers as texts.
 * @throws Error that names the property and the value.
 */
export function number(value: unknown, name: string): number {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof parsed !== 'number' || !Number.isFinite(parsed)) throw wrong(value, name, 'a number');
  return parsed;
}

/**
 * A property that must be an object; an absent one is empty.
 * @throws Error that names the property and the value.
 */
export function record(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw wrong(value, name, 'an object');
  return value;
}

/**
 * A property that must be a list; an absent one is empty.
 * @throws Error that names the property and the value.
 */
export function list(value: unknown, name: string): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(value, name, 'a list');
  return value;
}

function wrong(value: unknown, name: string, wanted: string): Error {
  return new Error(`${name} must be ${wanted}, got ${JSON.stringify(value)}`);
}
