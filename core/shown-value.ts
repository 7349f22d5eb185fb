/** A value as an error's message shows it: as JSON where it is some, cut; `nothing` where there is none. */
export function shownValue(got: unknown, most = 80): string {
  const text = textOf(got);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function textOf(got: unknown): string {
  if (got === undefined) return 'nothing';
  // JSON has no word for these, or null.
  if (typeof got === 'number' || typeof got === 'bigint') return String(got);
  try {
    return JSON.stringify(got) ?? String(got);
  } catch {
    // It holds itself or a bigint: which is no value of any config, and its type says enough.
    return Array.isArray(got) ? 'a list that is no JSON' : 'an object that is no JSON';
  }
}
