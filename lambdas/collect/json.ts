/** What TypeScript's library does not know yet of JSON in Node 22 and newer: the source text of primitives. */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}
const json = JSON as unknown as JsonWithSource;

/**
 * What is wrong with a text that is no JSON, without the text: the engine's message quotes it, cut anywhere, and half a card's
 * number is no number, and private.
 */
export function jsonProblem({ message }: SyntaxError): string {
  return message.replace(/,? "?(?:\.{3})?".*is not valid JSON$/s, '');
}

/** One event's place in the body's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Levels of objects and arrays: 1 for a flat object. */
  readonly depth: number;
}

/** Spans of the elements of the top-level array `batch`, or another, in a valid JSON text; the last one where the key is repeated. */
export function batchSpans(text: string, key = 'batch'): Span[] {
  let spans: Span[] = [];
  const scanner = new Scanner(text);
  while (scanner.next()) {
    if (scanner.depth === 2 && scanner.char === '[' && scanner.key() === key) {
      spans = elementSpans(scanner, text);
    }
  }
  return spans;
}

/** Levels of objects and arrays in a valid JSON text. */
export function depthOf(text: string): number {
  const scanner = new Scanner(text);
  let deepest = 0;
  while (scanner.next()) deepest = Math.max(deepest, scanner.depth);
  return deepest;
}

function elementSpans(scanner: Scanner, text: string): Span[] {
  const spans: Span[] = [];
  let start = scanner.index + 1;
  let deepest = 2;
  const close = () => {
    spans.push({ start, end: scanner.index, depth: deepest - 2 });
    start = scanner.index + 1;
    deepest = 2;
  };
  while (scanner.next()) {
    if (scanner.depth > deepest) deepest = scanner.depth;
    else if (scanner.depth === 2 && scanner.char === ',') close();
    else if (scanner.depth === 1) {
      if (spans.length > 0 || text.slice(start, scanner.index).trim() !== '') close();
      return spans;
    }
  }
  return spans;
}

/** Steps through the brackets and commas of a valid JSON text, past strings. */
class Scanner {
  readonly #text: string;
  index = -1;
  /** Levels open after the current character. */
  depth = 0;
  char: '{' | '}' | '[' | ']' | ',' | '' = '';
  #keyStart = 0;
  #keyEnd = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The key whose value begins here, at depth 2. */
  key(): unknown {
    return JSON.parse(this.#text.slice(this.#keyStart, this.#keyEnd));
  }

  next(): boolean {
    const text = this.#text;
    for (let i = this.index + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        const end = stringEnd(text, i);
        if (this.depth === 1) {
          this.#keyStart = i;
          this.#keyEnd = end + 1;
        }
        i = end;
      } else if (code === 0x2c || (code | 0x26) === 0x7f) {
        // 0x5b [, 0x5d ], 0x7b {, 0x7d }: all are 0x7f with 0x26 set; so are Y, _, y and DEL, which the switch passes.
        if (this.#step(code)) {
          this.index = i;
          return true;
        }
      }
    }
    return false;
  }

  #step(code: number): boolean {
    switch (code) {
      case 0x7b:
        this.depth++;
        this.char = '{';
        return true;
      case 0x5b:
        this.depth++;
        this.char = '[';
        return true;
      case 0x7d:
        this.depth--;
        this.char = '}';
        return true;
      case 0x5d:
        this.depth--;
        this.char = ']';
        return true;
      case 0x2c:
        this.char = ',';
        return true;
      default:
        return false;
    }
  }
}

/** Index of the quote that ends the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** What may be a number in JSON; in a string it may be anything. */
const NUMBER = /[:[,]\s*(-?\d[\d.eE+-]*)(?=\s*[,\]}])/g;
/** Escapes of NUL and of surrogates (most of them in pairs: emoji by clients that write ASCII only). */
const DOUBTFUL_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/** An event's JSON, parsed. */
export interface ParsedJson {
  /** As JSON.parse gives it: what is checked. */
  readonly value: unknown;
  /** What is stored: where a number would change when it is written again, it stands here as raw JSON. */
  readonly exact: unknown;
}

/**
 * Parses one event so that its values can be stored as they came, to the letter: numbers beyond 2^53, 1.10, 1e5. Numbers
 * beyond a double (1e400) are stored as strings: engines that read JSON fail on them. NUL and lone surrogates become
 * U+FFFD: no UTF-8 text and no column can hold them.
 * @param value The event where the body was parsed already; it serves where nothing is doubtful.
 */
export function parseExactly(text: string, value: unknown): ParsedJson {
  const doubtful = text.includes('\\u') && DOUBTFUL_ESCAPE.test(text);
  if (!doubtful && !mayBeInexact(text)) return { value, exact: value };
  const clean = doubtful ? replaceUnstorable(text) : text;
  return {
    value: doubtful ? JSON.parse(clean) : value,
    exact: json.parse(clean, (_key, found, { source }) => {
      if (typeof found !== 'number' || source === undefined || String(found) === source) {
        return found;
      }
      return Number.isFinite(found) ? json.rawJSON(source) : source;
    }),
  };
}

/** Whether there may be a number that JavaScript would not write as it came: many digits, exponents, trailing zeros, minus zero. */
function mayBeInexact(text: string): boolean {
  NUMBER.lastIndex = 0;
  for (let match = NUMBER.exec(text); match; match = NUMBER.exec(text)) {
    const source = match[1] ?? '';
    // Up to 15 digits without a sign, point or exponent are as they are.
    if (source.length <= 15 && isDigits(source)) continue;
    if (String(Number(source)) !== source) return true;
  }
  return false;
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return text.charCodeAt(0) !== 0x30 || text.length === 1;
}

/** Replaces escapes of NUL and of lone surrogates. Takes escapes in order, so that an escaped backslash is never misread. */
function replaceUnstorable(text: string): string {
  return text.replace(
    /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|.)/g,
    (found) => (/^\\u(?:0000|[dD][89a-fA-F]..)$/.test(found) ? '\\ufffd' : found),
  );
}

/** A number of JSON written as text, as it is; undefined for other text, and for what is beyond a double. */
export function numberFrom(text: string): unknown {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  if (String(number) === text) return number;
  return Number.isFinite(number) ? json.rawJSON(text) : undefined;
}

/** The text of a scalar that parseExactly gave; undefined for null, '', objects and arrays. */
export function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
    case 'boolean':
      return String(value);
    // Most columns are open: the cheap test goes first.
    case 'object':
      return value !== null && json.isRawJSON(value) ? value.rawJSON : undefined;
    default:
      return undefined;
  }
}

/** As scalarText, for ids: blanks are none. They would make one person, or one message, of all that have them. */
export function idText(value: unknown): string | undefined {
  const text = scalarText(value);
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** A value that parseExactly gave, where it may be a number: raw JSON becomes the number it stands for. */
export function plainNumber(value: unknown): unknown {
  return json.isRawJSON(value) ? Number(value.rawJSON) : value;
}

/** An object of JSON, and no array, null or raw number. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value)
  );
}

/** Whether a value has more levels of objects and arrays than these. Goes no deeper than that itself. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}
