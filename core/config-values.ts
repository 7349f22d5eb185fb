import { z } from 'zod';

/** A value of any type that passes `test`; `allowed` says in words what passes. */
export function value<T>(test: (got: T) => boolean, allowed: string): z.ZodType<T> {
  return z.custom<T>((got) => got !== undefined && test(got as T), { error: allowed });
}

/** Whole number in a closed range. */
export function integer(min: number, max: number): z.ZodType<number> {
  const text = (bound: number) => bound.toLocaleString('en');
  return value<number>(
    (got) => Number.isSafeInteger(got) && got >= min && got <= max,
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${text(min)}`
      : `a whole number from ${text(min)} to ${text(max)}`,
  );
}

/** Text that matches a pattern. */
export function text(pattern: RegExp, allowed: string): z.ZodType<string> {
  return value<string>((got) => typeof got === 'string' && pattern.test(got), allowed);
}

/** One of a closed list. */
export function oneOf<const T extends string | number>(options: readonly T[]): z.ZodType<T> {
  return value<T>((got) => options.includes(got), `one of ${options.join(', ')}`);
}

/** An object that has no other keys. The error of an unknown key carries the known ones, for `describe` below. */
export function record<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : 'an object',
  });
}

/** A list, of at least so many elements. */
export function list<T extends z.ZodType>(
  element: T,
  least = 0,
  allowed = least === 0 ? 'a list' : `a list of at least ${least}`,
) {
  return z.array(element, { error: allowed }).min(least, { error: allowed });
}

/** A section whose members all have defaults. */
export function section<S extends z.ZodRawShape>(shape: S) {
  return record(shape).prefault({} as never);
}
