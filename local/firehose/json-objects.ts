/** A piece of a record that should be one JSON object. */
export interface JsonPiece {
  readonly text: string;
  /** Why it is no JSON object; null where it is one. */
  readonly problem: string | null;
}

/**
 * Splits a record into its JSON objects: concatenated, one a line, or both. Where the whole cannot be split, each line stands
 * for itself, so that one bad line does not take the others with it.
 */
export function splitObjects(text: string): JsonPiece[] {
  const whole = scan(text);
  if (whole?.every(({ problem }) => problem === null)) return whole;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const pieces = scan(line);
      return pieces ?? [{ text: line, problem: problemOf(line) ?? 'not an object' }];
    });
}

/** Objects by matching brackets; null where the text is not a row of bracketed pieces. */
function scan(text: string): JsonPiece[] | null {
  const pieces: JsonPiece[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text.charCodeAt(at))) at += 1;
    if (at >= text.length) return pieces;
    if (text[at] !== '{') return null;
    const end = closing(text, at);
    if (end === -1) return null;
    const piece = text.slice(at, end + 1);
    pieces.push({ text: piece, problem: problemOf(piece) });
    at = end + 1;
  }
}

/** Index of the bracket that closes the one at start, or -1. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      at = stringEnd(text, at);
      if (at === -1) return -1;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function problemOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? null : 'not an object';
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

/** Members of a valid JSON object as they stand in the text: duplicates kept, values as raw JSON text (numbers unharmed). */
export function membersOf(object: string): { readonly key: string; readonly raw: string }[] {
  const members: { key: string; raw: string }[] = [];
  let at = object.indexOf('{') + 1;
  for (;;) {
    while (isSpace(object.charCodeAt(at)) || object[at] === ',') at += 1;
    if (object[at] !== '"') return members;
    const keyEnd = stringEnd(object, at);
    const key = JSON.parse(object.slice(at, keyEnd + 1)) as string;
    at = object.indexOf(':', keyEnd) + 1;
    while (isSpace(object.charCodeAt(at))) at += 1;
    const end = valueEnd(object, at);
    members.push({ key, raw: object.slice(at, end).trimEnd() });
    at = end;
  }
}

function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return stringEnd(text, start) + 1;
  if (text[start] === '{' || text[start] === '[') return closing(text, start) + 1;
  let at = start;
  while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
