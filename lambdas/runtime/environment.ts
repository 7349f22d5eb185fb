/**
 * Reads a variable of the function's environment. Call it while the module loads, so that a missing one fails the cold start.
 * @throws Error that names the variable.
 */
export function requireString(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(
      `environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}: a text is needed`,
    );
  }
  return value;
}

/** Reads a variable that only some deployments set; undefined where it is not set or empty. */
export function optionalString(name: string): string | undefined {
  return process.env[name] || undefined;
}

/**
 * Reads a whole number from the function's environment.
 * @throws Error that names the variable, the value and what is allowed.
 */
export function requireInteger(
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const text = requireString(name);
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < min || value > max) {
    throw new Error(
      `environment variable ${name} is ${JSON.stringify(text)}: a whole number from ${min} to ${max} is needed`,
    );
  }
  return value;
}
