/** What an expression is evaluated with. */
export interface PrefixValues {
  /** Arrival of the oldest record in the object, epoch ms. */
  readonly arrivalMs: number;
  /** For !{firehose:random-string}: 11 characters. */
  readonly random: string;
  /** For !{firehose:error-output-type}; null for objects that are no errors. */
  readonly errorType: string | null;
}

const EXPRESSION = /!\{([^}]*)\}/g;
const DEFAULT_TIMESTAMP = '!{timestamp:yyyy/MM/dd/HH/}';
const MAX_CHARACTERS = 512;

/** A prefix of a delivery stream, checked. */
export type Prefix = (values: PrefixValues) => string;

/**
 * Reads Prefix. Without a timestamp expression AWS appends yyyy/MM/dd/HH/, with no slash before it.
 * @throws Error that names an expression which is unknown or not allowed here.
 */
export function parsePrefix(text: string): Prefix {
  for (const name of expressions(text)) {
    if (name.startsWith('timestamp:') || name === 'firehose:random-string') continue;
    throw new Error(
      `Prefix: !{${name}} is not known; allowed: timestamp:…, firehose:random-string`,
    );
  }
  const stamped = expressions(text).some((name) => name.startsWith('timestamp:'));
  return compile(stamped ? text : text + DEFAULT_TIMESTAMP);
}

/**
 * Reads ErrorOutputPrefix.
 * @param prefix the Prefix beside it: with an expression there, this one must be given
 * @throws Error that says what is missing.
 */
export function parseErrorPrefix(text: string | undefined, prefix: string): Prefix {
  if (text === undefined || text === '') {
    if (expressions(prefix).length === 0) {
      return compile(`${prefix}${DEFAULT_TIMESTAMP}!{firehose:error-output-type}/`);
    }
    throw new Error('ErrorOutputPrefix must be given where Prefix has expressions');
  }
  const names = expressions(text);
  if (names.length > 0 && !names.includes('firehose:error-output-type')) {
    throw new Error(`ErrorOutputPrefix must contain !{firehose:error-output-type}, got ${text}`);
  }
  const known = ['firehose:random-string', 'firehose:error-output-type'];
  for (const name of names) {
    if (name.startsWith('timestamp:') || known.includes(name)) continue;
    throw new Error(
      `ErrorOutputPrefix: !{${name}} is not known; allowed: timestamp:…, ${known.join(', ')}`,
    );
  }
  return compile(names.length === 0 ? `${text}!{firehose:error-output-type}/` : text);
}

function expressions(text: string): string[] {
  return [...text.matchAll(EXPRESSION)].map((match) => match[1] as string);
}

function compile(text: string): Prefix {
  // Evaluated once at once, so that a bad pattern is refused when the stream is made.
  evaluate(text, { arrivalMs: 0, random: '', errorType: '' });
  return (values) => evaluate(text, values);
}

function evaluate(text: string, values: PrefixValues): string {
  const prefix = text.replaceAll(EXPRESSION, (_, name: string) => {
    if (name === 'firehose:random-string') return values.random;
    if (name === 'firehose:error-output-type') return values.errorType ?? '';
    return formatTimestamp(name.slice('timestamp:'.length), values.arrivalMs);
  });
  if (prefix.length > MAX_CHARACTERS) {
    throw new Error(
      `the evaluated prefix has ${prefix.length} characters, at most ${MAX_CHARACTERS}`,
    );
  }
  return prefix;
}

/**
 * Formats a UTC time by a pattern of Java's DateTimeFormatter: years to milliseconds, and text in quotes.
 * @throws Error that names a letter which is not implemented.
 */
export function formatTimestamp(pattern: string, timeMs: number): string {
  const time = new Date(timeMs);
  const fields: Readonly<Record<string, number>> = {
    y: time.getUTCFullYear(),
    M: time.getUTCMonth() + 1,
    d: time.getUTCDate(),
    H: time.getUTCHours(),
    m: time.getUTCMinutes(),
    s: time.getUTCSeconds(),
    S: time.getUTCMilliseconds(),
  };
  return pattern.replaceAll(
    /'([^']*)'|([A-Za-z])\2*/g,
    (run, quoted: string | undefined, letter: string) => {
      if (quoted !== undefined) return quoted === '' ? "'" : quoted;
      const value = fields[letter];
      if (value === undefined || (letter === 'M' && run.length > 2)) {
        throw new Error(
          `timestamp:${pattern}: "${run}" is not implemented; known: yyyy MM dd HH mm ss SSS`,
        );
      }
      if (letter === 'S')
        return String(value).padStart(3, '0').slice(0, run.length).padEnd(run.length, '0');
      if (letter === 'y' && run.length === 2) return String(value).slice(-2);
      return String(value).padStart(run.length, '0');
    },
  );
}
