import type { KeyRule, KeyRules } from './keys.ts';

/** A value in a text whose name says what it is: a parameter of a URL, a pair of JSON, a password before a host. */
export interface NamedValue {
  readonly rule: KeyRule;
  readonly start: number;
  readonly end: number;
}

/** The name of a parameter; its value follows, and may hold parameters of its own. */
const PARAMETER = /(?<=^|[?&;#\s"'])([^=&?;#\s"'<>]{1,200})=/g;
const VALUE = /[^&;#\s"'<>]+/y;
/** A pair of JSON, also one that is cut or stands in a string of JSON. */
const PAIR =
  /(?<!\\)(\\*)"([^"\\]{1,200})\1"\s*:\s*(?:\1"((?:[^"\\]|\\.)*?)(?=\1"|$)|([^\s",{}[\]\\]+))/g;
const USER = /(?<=:\/\/)[^\s/?#@"'<>\\]+(?=@)/g;

/** Values of a text that have a rule by their name, in the order of the text, none in another. */
export function namedValues(text: string, keys: KeyRules): NamedValue[] {
  const found: NamedValue[] = [];
  const add = (rule: KeyRule, value: string | undefined, end: number) => {
    if (value) found.push({ rule, start: end - value.length, end });
  };
  if (text.includes('=')) {
    let covered = 0;
    for (const match of text.matchAll(PARAMETER)) {
      const rule = match.index < covered ? undefined : ruleOf(match[1] ?? '', keys);
      if (rule === undefined) continue;
      VALUE.lastIndex = match.index + match[0].length;
      const value = VALUE.exec(text)?.[0];
      add(rule, value, VALUE.lastIndex);
      covered = VALUE.lastIndex;
    }
  }
  if (text.includes('":') || text.includes('" :')) {
    for (const match of text.matchAll(PAIR)) {
      const rule = ruleOf(match[2] ?? '', keys);
      if (rule) add(rule, match[3] ?? match[4], match.index + match[0].length);
    }
  }
  if (text.includes('://')) {
    for (const match of text.matchAll(USER)) {
      found.push({ rule: 'secret', start: match.index, end: match.index + match[0].length });
    }
  }
  found.sort((a, b) => a.start - b.start);
  return found.filter(({ start }, i) => i === 0 || start >= (found[i - 1]?.end ?? 0));
}

/** Whether the name before one of the text's = has a rule. */
export function namesParameter(text: string, keys: KeyRules): boolean {
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    let start = at;
    while (start > 0 && at - start < 200 && !isDelimiter(text.charCodeAt(start - 1))) start--;
    if (start < at && ruleOf(text.slice(start, at), keys)) return true;
  }
  return false;
}

/** The rule of a name: password, user[password], user.password, user%5Bpassword%5D. */
function ruleOf(name: string, keys: KeyRules): KeyRule | undefined {
  const whole = keys.ofName(name);
  if (whole || !/[[%.]/.test(name)) return whole;
  const parts = name
    .replace(/%(?:25)*([2-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .split(/[[\].]+/);
  for (const part of parts) {
    const rule = part === '' ? undefined : keys.ofName(part);
    if (rule) return rule;
  }
  return undefined;
}

/** ? & ; # = " ' blank and control characters. */
function isDelimiter(code: number): boolean {
  return (
    code <= 0x23 ||
    code === 0x26 ||
    code === 0x27 ||
    code === 0x3b ||
    code === 0x3f ||
    code === 0x3d
  );
}
