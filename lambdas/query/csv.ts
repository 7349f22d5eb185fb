/** What a cell may hold. */
export type Cell = string | number | boolean | null;

/**
 * CSV (RFC 4180) that a spreadsheet may open: a text that starts like a formula gets an apostrophe before it, numbers stay
 * numbers, null is an empty cell.
 */
export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
