import type { PiiKind, Privacy } from '../../../core/privacy.ts';
import type { JsonObject } from '../envelope.ts';
import { isDeeperThan, isJsonObject, parseExactly, scalarText } from '../json.ts';
import { truncatedAddresses } from './address.ts';
import { type Digest, isDigest } from './digest.ts';
import { type Finder, findAll, finderOf, mayHold } from './find.ts';
import { below, type KeyRule, KeyRules, type PathNode } from './keys.ts';
import { isHook, isPayload, isTrackerEvent } from './letter-shapes.ts';
import { namedValues, namesParameter } from './named-values.ts';
import { decoded } from './percent.ts';
import { isPhoneText, normalPhone } from './phone.ts';

/** What stands where something was found. Stable: people filter by it. */
export const PLACEHOLDERS: Readonly<Record<PiiKind | 'secret' | 'address' | 'writeKey', string>> = {
  card: '[card]',
  iban: '[iban]',
  email: '[email]',
  phone: '[phone]',
  nationalId: '[national-id]',
  secret: '[redacted]',
  address: '[ip]',
  // Shorter than any key: a letter that fitted still fits.
  writeKey: '[key]',
};
const IS_PLACEHOLDER = new Set(Object.values(PLACEHOLDERS));

/** Members of a call, and of its context, that identify and are nobody's text: only a declared path touches them. */
const CALL_IDS = new Set([
  'messageId',
  'anonymousId',
  'userId',
  'previousId',
  'groupId',
  'writeKey',
]);
const CONTEXT_IDS = new Set(['groupId', 'sessionId']);
/** Parameters of a Snowplow tracker's event that are the same: a dead letter that is sent again must be of the same user. */
const EVENT_IDS = new Set(['eid', 'aid', 'uid', 'duid', 'nuid', 'tnuid', 'sid']);
/** The call's members that they become. */
const EVENT_PATHS: ReadonlyMap<string, string> = new Map([
  ['uid', 'userId'],
  ['duid', 'anonymousId'],
  ['nuid', 'anonymousId'],
  ['tnuid', 'anonymousId'],
]);
/** Something of which all that is looked for has one; most words, paths and names have none. */
const SUSPICIOUS = /[@%\\=\u0080-\uffff]|\d\d|":|" :/;
/** Deeper values are looked at as text. */
const MOST_LEVELS = 64;

/** Where a value stands. */
interface Place {
  readonly node?: PathNode;
  /** A call, its context, a Snowplow tracker's event and a webhook have members that are ids. */
  readonly role?: 'call' | 'context' | 'event' | 'hook' | 'payload';
}

/**
 * Takes personal data out of what one app stores, by the rules of docs/PRIVACY.md. What is redacted or hashed stays as it is when
 * it comes again.
 */
export class Redactor {
  readonly #privacy: Privacy;
  readonly #digest: Digest | undefined;
  readonly #finder: Finder;
  readonly #keys: KeyRules;
  /** Undefined where no path is declared. */
  readonly #paths: PathNode | undefined;
  readonly #shared = new WeakMap<JsonObject, boolean>();

  /** @param digest needed where the app hashes. */
  constructor(privacy: Privacy, digest?: Digest) {
    this.#privacy = privacy;
    this.#digest = digest;
    this.#finder = finderOf(privacy);
    this.#keys = new KeyRules(privacy);
    this.#paths = this.#keys.root.children.size > 0 ? this.#keys.root : undefined;
  }

  /**
   * A call without what is private; the same object where there is nothing.
   * @param text JSON of the call. @param shared Context of the batch, which the call holds too.
   */
  call(call: JsonObject, text: string, shared?: JsonObject): JsonObject {
    const hasSome =
      this.#mayHold(text) ||
      (shared !== undefined && this.#sharedMayHold(shared)) ||
      this.#namesSome(call, this.#paths, 'call');
    if (!hasSome) return call;
    return this.#object(call, { node: this.#keys.root, role: 'call' });
  }

  /** A payload without what is private: JSON stays JSON, to be sent again; what is none is looked at as text. */
  payload(text: string): string {
    const body = parsed(text);
    if (body === undefined) return this.text(text);
    const clean = this.#value(body, { node: this.#keys.root, role: 'call' });
    return clean === body ? text : JSON.stringify(clean);
  }

  /** A context without what is private. */
  context(context: unknown): unknown {
    return this.#value(context, { node: below(this.#keys.root, 'context'), role: 'context' });
  }

  /** Any value without what is private. */
  value(value: unknown): unknown {
    return this.#value(value, {});
  }

  /** Whether the value that a JSON pointer leads to is private by its name or place. */
  isPrivate(pointer: string): boolean {
    let node: PathNode | undefined = this.#keys.root;
    return pointer.split('/').some((part, i) => {
      if (i === 0) return false;
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      if (!/^\d+$/.test(key)) node = below(node, key);
      return node?.rule !== undefined || (i > 1 && this.#keys.ofName(key) !== undefined);
    });
  }

  /** A text without what is private. */
  text(text: string): string {
    if (!SUSPICIOUS.test(text)) return text;
    const named = this.#named(text);
    const found = findAll(named, this.#finder);
    return replaced(
      named,
      found.map(({ kind, start, end, normal }) => [start, end, this.#instead(kind, normal)]),
    );
  }

  #mayHold(text: string): boolean {
    return mayHold(text, this.#finder) || namesParameter(text, this.#keys);
  }

  #sharedMayHold(context: JsonObject): boolean {
    let known = this.#shared.get(context);
    if (known === undefined) {
      known = this.#mayHold(JSON.stringify(context));
      this.#shared.set(context, known);
    }
    return known;
  }

  /** Whether any key has a rule, of those that are stored. */
  #namesSome(value: object, node: PathNode | undefined, role: Place['role']): boolean {
    if (Array.isArray(value)) {
      return value.some((one) => isObject(one) && this.#namesSome(one, node, undefined));
    }
    for (const key in value) {
      const member = (value as Record<string, unknown>)[key];
      if (this.#keys.ofName(key) !== undefined && !isNothing(member)) {
        if (!isId(key, role) && !(role === 'context' && key === 'ip')) return true;
      }
      const next = node && below(node, key);
      if (next?.rule !== undefined && !isNothing(member)) return true;
      if (isObject(member) && this.#namesSome(member, next, roleBelow(role, key))) return true;
    }
    return false;
  }

  #value(value: unknown, place: Place): unknown {
    if (typeof value === 'string') return this.#string(value);
    if (Array.isArray(value)) {
      const clean = value.map((member) => this.#value(member, place));
      return clean.every((member, i) => member === value[i]) ? value : clean;
    }
    if (isJsonObject(value)) return this.#object(value, place);
    const number = typeof value === 'boolean' ? undefined : scalarText(value);
    if (number === undefined) return value;
    const [found] = findAll(number, this.#finder);
    return found === undefined ? value : this.#instead(found.kind, found.normal);
  }

  /** A copy, in the order of the keys, from the first member on that changes; else the object itself. */
  #object(object: JsonObject, given: Place): JsonObject {
    const { node, role } = given.role === 'call' ? this.#callPlace(object) : given;
    let clean: Record<string, unknown> | undefined;
    const counts = new Map<string, number>();
    for (const key in object) {
      const value = object[key];
      const isDropped = role === 'context' && key === 'ip';
      const member = isDropped ? undefined : this.#member(key, value, node, role);
      const name = this.text(key);
      if (clean === undefined && (name !== key || member !== value)) clean = before(object, key);
      if (clean !== undefined && !isDropped) clean[freeName(name, clean, counts)] = member;
    }
    return clean ?? object;
  }

  /** Where a call stands, alone or in a batch: of another shape, paths lead to other places. */
  #callPlace(object: JsonObject): Place {
    if (isTrackerEvent(object)) return { node: this.#keys.event, role: 'event' };
    if (isHook(object)) return { node: this.#keys.hook, role: 'hook' };
    if (isPayload(object)) return { role: 'payload' };
    return { node: this.#keys.root, role: 'call' };
  }

  #member(key: string, value: unknown, node: PathNode | undefined, role: Place['role']): unknown {
    const next = node && below(node, role === 'event' ? (EVENT_PATHS.get(key) ?? key) : key);
    const isKept = isId(key, role);
    const rule = next?.rule ?? (isKept ? undefined : this.#keys.ofName(key));
    if (rule === undefined) {
      if (isKept) return value;
      // A tracker's JSON stands in text.
      if (typeof value === 'string')
        return this.#string(value, role === 'event' ? next : undefined);
    }
    const place = { node: next, role: roleBelow(role, key) };
    return rule ? this.#byRule(rule, value, place) : this.#value(value, place);
  }

  #byRule(rule: KeyRule, value: unknown, place: Place): unknown {
    const isContainer = isObject(value);
    const text = typeof value === 'boolean' ? undefined : scalarText(value);
    if (rule === 'secret' && isContainer && text === undefined) {
      return isEmpty(value) ? value : PLACEHOLDERS.secret;
    }
    if (rule === 'hash' && isContainer && text === undefined) return this.#hashedMembers(value);
    if (text === undefined) return this.#value(value, place);
    const clean = this.#ruled(rule, text);
    if (clean !== undefined) return clean === text ? value : clean;
    return this.#value(value, place);
  }

  /** What stands at a declared path may be a list: each of its values is hashed for itself. */
  #hashedMembers(value: object): unknown {
    if (Array.isArray(value)) return value.map((member) => this.#byRule('hash', member, {}));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        this.text(key),
        this.#byRule('hash', member, {}),
      ]),
    );
  }

  /** What a rule makes of a text; undefined where the rule does not know such a text. */
  #ruled(rule: KeyRule, text: string): string | undefined {
    if (isDone(text)) return text;
    switch (rule) {
      case 'secret':
        return PLACEHOLDERS.secret;
      case 'hash': {
        const normal = text.trim().toLowerCase();
        return normal === '' ? text : this.#hash(normal);
      }
      case 'phone':
        return isPhoneText(text) ? this.#instead('phone', normalPhone(text)) : undefined;
      case 'address':
        return this.#privacy.ip === 'redact' ? PLACEHOLDERS.address : truncatedAddresses(text);
    }
  }

  /** @param node of the JSON that the text may hold. */
  #string(text: string, node?: PathNode): string {
    if (text.length < 4) return text;
    const first = text.charCodeAt(0);
    // { and [, and what may stand before them.
    if (first === 0x7b || first === 0x5b || first <= 0x20) {
      const inner = parsed(text);
      if (inner !== undefined) {
        const clean = this.#value(inner, { node });
        return clean === inner ? text : JSON.stringify(clean);
      }
    }
    // e and W, as the base64 of { and [ begins.
    const encoded = first === 0x65 || first === 0x57 ? this.#encoded(text, node) : undefined;
    return encoded ?? this.text(text);
  }

  /** JSON in base64, as pixels and some clients carry it; undefined where the text is none. */
  #encoded(text: string, node: PathNode | undefined): string | undefined {
    if (!/^(?:ey|W[3yz])[\w+/-]{14,}={0,2}$/.test(text)) return undefined;
    const inner = parsed(Buffer.from(text, 'base64').toString('utf8'));
    if (inner === undefined) return undefined;
    const clean = this.#value(inner, { node });
    if (clean === inner) return text;
    const encoding = /[+/=]/.test(text) ? 'base64' : 'base64url';
    return Buffer.from(JSON.stringify(clean)).toString(encoding);
  }

  /** Replaces values by their names: of parameters as they stand, then of those that are percent-encoded. */
  #named(text: string): string {
    const once = this.#replaceNamed(text, text);
    const { text: plain, places } = decoded(once);
    return places === undefined ? once : this.#replaceNamed(once, plain, places);
  }

  #replaceNamed(text: string, plain: string, places?: readonly number[]): string {
    const parts: [number, number, string][] = [];
    for (const { rule, start, end } of namedValues(plain, this.#keys)) {
      const value = decoded(plain.slice(start, end)).text;
      const instead = this.#ruled(rule, value);
      if (instead === undefined || instead === value) continue;
      parts.push([places?.[start] ?? start, places?.[end] ?? end, instead]);
    }
    return replaced(text, parts);
  }

  #instead(kind: PiiKind, normal: string): string {
    return this.#privacy[kind] === 'hash' ? this.#hash(normal) : PLACEHOLDERS[kind];
  }

  #hash(normal: string): string {
    if (this.#digest === undefined)
      throw new Error('the app hashes, and there is no key to hash with');
    return this.#digest(normal);
  }
}

function isId(key: string, role: Place['role']): boolean {
  if (role === undefined) return false;
  if (role === 'event') return EVENT_IDS.has(key);
  if (role === 'hook') return key === 'message_id';
  if (role === 'payload') return false;
  return (role === 'call' ? CALL_IDS : CONTEXT_IDS).has(key);
}

/** A batch holds calls, and its context stands beside them. */
function roleBelow(role: Place['role'], key: string): Place['role'] {
  if (role === 'hook') return key === 'parameters' ? 'event' : undefined;
  if (role === 'payload') return key === 'data' ? 'call' : undefined;
  if (role !== 'call') return undefined;
  if (key === 'context') return 'context';
  return key === 'batch' ? 'call' : undefined;
}

/** The members before a key. No prototype: `__proto__` is a key as any other. */
function before(object: JsonObject, end: string): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key in object) {
    if (key === end) break;
    copy[key] = object[key];
  }
  return copy;
}

/** Two keys that become one stay two. `counts` has how often each was taken, so that many do not ask for all before them. */
function freeName(name: string, taken: JsonObject, counts: Map<string, number>): string {
  if (!(name in taken)) return name;
  let count = counts.get(name) ?? 1;
  do count++;
  while (`${name} ${count}` in taken);
  counts.set(name, count);
  return `${name} ${count}`;
}

/** A text with parts of it, in their order, replaced. */
function replaced(text: string, parts: readonly (readonly [number, number, string])[]): string {
  if (parts.length === 0) return text;
  let out = '';
  let at = 0;
  for (const [start, end, instead] of parts) {
    out += text.slice(at, start) + instead;
    at = end;
  }
  return out + text.slice(at);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isNothing(value: unknown): boolean {
  return value === null || value === '';
}

function isDone(text: string): boolean {
  return IS_PLACEHOLDER.has(text) || isDigest(text);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** An object or array of JSON, numbers to the letter; undefined where the text is none, or too deep to walk. */
function parsed(text: string): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null || isDeeperThan(value, MOST_LEVELS)) {
    return undefined;
  }
  return parseExactly(text, value).exact as object;
}
