/**
 * The JSON pointer that means the same to DuckDB as a path of Trino ($, .key, [0], ["key"] with \" and \\ escaped): DuckDB's own paths
 * have no escapes, and take `*` for a wildcard. Undefined for other paths.
 */
export function jsonPointer(path: string): string | undefined {
  if (!path.startsWith('$')) return undefined;
  const step = /\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\["((?:[^"\\]|\\["\\])*)"\]/y;
  step.lastIndex = 1;
  let pointer = '';
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    const key = name ?? index ?? (quoted ?? '').replaceAll(/\\(["\\])/g, '$1');
    pointer += `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  return pointer === '' ? undefined : pointer;
}
