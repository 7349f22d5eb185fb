/**
 * Arguments in which a negative number belongs to the option before it: `--port -1` becomes `--port=-1`. Node's parser takes it
 * for an option of its own and says that something is ambiguous; so the option's own check can say what is allowed.
 */
export function withNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const argument of argv) {
    const before = joined.at(-1);
    const isValue = /^-[\d.]/.test(argument) && before !== undefined && /^--[^=]+$/.test(before);
    if (isValue) joined[joined.length - 1] = `${before}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}
