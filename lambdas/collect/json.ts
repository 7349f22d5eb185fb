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

/** What a look at a valid JSON text tells of its value. */
export interface JsonShape {
  /** Levels of objects and arrays: 1 for a flat object. */
  readonly depth: number;
  /** Whether JavaScript writes all its numbers as they came: not many digits, exponents, trailing zeros, minus zero. */
  readonly isExact: boolean;
  /** Characters of its longest string or key, as it is written. */
  readonly longestString: number;
}

/** One value's place in a JSON text, with the blanks around it. */
export interface Span extends JsonShape {
  readonly start: number;
  readonly end: number;
}

/** The shape of the value of a valid JSON text. */
export function shapeOf(text: string): JsonShape {
  return spanFrom(text, 0);
}

/** Where the parts of a batch stand in its text. */
export interface BatchParts {
  /** Of the elements. */
  readonly spans: readonly Span[];
  /** Of the top-level member `context`. */
  readonly context?: Span;
}

/** Spans of the elements of the top-level array `batch`, or another, in a valid JSON text; the last one where the key is repeated. */
export function batchSpans(text: string, key = 'batch'): readonly Span[] {
  return batchParts(text, key).spans;
}

/** As batchSpans, and the span of the context beside them. */
export function batchParts(text: string, key = 'batch'): BatchParts {
  let spans: Span[] = [];
  let context: Span | undefined;
  let at = afterBlanks(text, 0);
  if (text[at] !== '{') return { spans };
  // Behind a value there is a quote only where another key follows.
  for (;;) {
    const keyStart = text.indexOf('"', at);
    if (keyStart === -1) return { spans, context };
    const keyEnd = stringEnd(text, keyStart) + 1;
    const value = afterBlanks(text, text.indexOf(':', keyEnd) + 1);
    const written = text.slice(keyStart, keyEnd);
    if (text[value] === '[' && isKey(written, key)) {
      spans = [];
      at = elementSpans(text, value, spans);
    } else {
      const span = spanFrom(text, value);
      if (isKey(written, 'context')) context = span;
      at = span.end;
    }
  }
}

/** Whether a key is this one; it may be written with escapes. */
function isKey(text: string, key: string): boolean {
  return text === `"${key}"` || (text.includes('\\') && JSON.parse(text) === key);
}

/** Adds the spans of the elements of the array that opens at `open`. Gives the index of its end. */
function elementSpans(text: string, open: number, spans: Span[]): number {
  const isEmpty = text[afterBlanks(text, open + 1)] === ']';
  let span = spanFrom(text, open + 1);
  while (!isEmpty) {
    spans.push(span);
    if (text[span.end] === ']') break;
    span = spanFrom(text, span.end + 1);
  }
  return span.end;
}

/** The span of the value that begins here, up to the comma or the bracket behind it. Goes past strings at once, and needs no stack. */
function spanFrom(text: string, start: number): Span {
  let depth = 0;
  let deepest = 0;
  let isExact = true;
  let longestString = 0;
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = stringEnd(text, i);
      longestString = Math.max(longestString, end - i - 1);
      i = end;
    } else if (code === COMMA) {
      if (depth === 0) break;
    } else if (code === MINUS || isDigit(code)) {
      const end = numberEnd(text, i);
      isExact &&= isExactNumber(text, i, end);
      i = end - 1;
    } else if (code === 0x5b || code === 0x7b) {
      depth++;
      deepest = Math.max(deepest, depth);
    } else if (code === 0x5d || code === 0x7d) {
      if (depth === 0) break;
      depth--;
    }
  }
  return { start, end: i, depth: deepest, isExact, longestString };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;

function afterBlanks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Index behind the number that begins at `start`. */
function numberEnd(text: string, start: number): number {
  let end = start + 1;
  // Only + - . E e stand in a number beside digits.
  for (let code = text.charCodeAt(end); ; code = text.charCodeAt(++end)) {
    const isPart =
      isDigit(code) || code === 0x2e || (code | 0x20) === 0x65 || code === MINUS || code === 0x2b;
    if (!isPart) return end;
  }
}

/** Whether JavaScript writes the number at this place as it stands there. */
function isExactNumber(text: string, start: number, end: number): boolean {
  if (end - start <= 15 && isAllDigits(text, start, end)) return true;
  const source = text.slice(start, end);
  return String(Number(source)) === source;
}

function isAllDigits(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/** Index of the quote that ends the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

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
 * @param shape Of the text, where it is known.
 */
export function parseExactly(
  text: string,
  value: unknown,
  { isExact }: JsonShape = shapeOf(text),
): ParsedJson {
  const doubtful = text.includes('\\u') && DOUBTFUL_ESCAPE.test(text);
  if (!doubtful && isExact) return { value, exact: value };
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
