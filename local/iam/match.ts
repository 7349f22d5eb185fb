/** Matches IAM's wildcards: `*` any run of characters, `?` one character. */
export function wildcard(pattern: string, value: string, ignoreCase = false): boolean {
  if (pattern === '*') return true;
  return expression(pattern, ignoreCase).test(value);
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string, ignoreCase: boolean): RegExp {
  const key = `${ignoreCase ? 'i' : 's'}${pattern}`;
  let found = expressions.get(key);
  if (found === undefined) {
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    found = new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
    expressions.set(key, found);
  }
  return found;
}
