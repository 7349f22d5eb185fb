/** What a cell may hold. */
export type Cell = string | number | boolean | null;

/**
 * CSV (RFC 4180) that a spreadsheet may open: a text that starts like a formula gets an apostrophe before it, numbers stay
 * numbers, null is an empty cell.
 */
export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** First characters of formulas, full-width ones (as spreadsheets in East Asia read them) and line breaks before them too. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  // In quotes, too, what a spreadsheet of another country takes for the end of a cell.
  return /[",;\t\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
