import type { Violation } from '#validators';
import type { RefusalCode } from '../../core/event.ts';
import { DEFAULT_PRIVACY } from '../../core/privacy.ts';
import { Redactor } from './privacy/redactor.ts';

/** Why one event is refused. */
export interface Refusal {
  readonly code: RefusalCode;
  /** JSON pointer into the event; empty for the whole. */
  readonly pointer: string;
  /** What is wrong, the value got, what is allowed. */
  readonly message: string;
  /** The schema that it was checked against. */
  readonly schema?: string;
}

/** Thrown where an event is refused; caught where the next one begins. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'RefusedError';
    this.refusal = refusal;
  }
}

const LONGEST_VALUE = 80;

/** Messages go to answers, logs and dead letters: what they show is redacted before it is cut, whatever the app keeps. */
const redactor = new Redactor(DEFAULT_PRIVACY);

/** A value as a message shows it: JSON, cut, without what is private. */
export function shown(value: unknown): string {
  const text = JSON.stringify(redactor.value(value)) ?? 'nothing';
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

/** The refusal of what a compiled schema found. `root` is what was checked, `at` the pointer to it. */
export function violationRefusal(
  violation: Violation,
  { root, at, code, schema }: { root: unknown; at: string; code: RefusalCode; schema?: string },
): Refusal {
  const key = violation.params.missingProperty ?? violation.params.additionalProperty;
  const local =
    typeof key === 'string'
      ? `${violation.instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      : violation.instancePath;
  const pointer = `${at}${local}`;
  return { code, pointer, message: messageOf(violation, pointer, valueAt(root, local)), schema };
}

function messageOf(
  { keyword, params, message }: Violation,
  pointer: string,
  value: unknown,
): string {
  switch (keyword) {
    case 'required':
      return `${pointer} is missing`;
    case 'additionalProperties':
      return `${pointer} is a key that the schema does not know`;
    default:
      return `${pointer || 'the event'} is ${shown(value)}: ${allowed(keyword, params) ?? message ?? keyword}`;
  }
}

function allowed(keyword: string, params: Readonly<Record<string, unknown>>): string | undefined {
  switch (keyword) {
    case 'type':
      return `${[params.type].flat().join(' or ')} is allowed`;
    case 'enum':
      return `one of ${shown(params.allowedValues)} is allowed`;
    case 'const':
      return `${shown(params.allowedValue)} is allowed`;
    case 'pattern':
      return `text that matches ${params.pattern} is allowed`;
    case 'format':
      return `a ${params.format} is allowed`;
    case 'minimum':
      return `at least ${params.limit} is allowed`;
    case 'maximum':
      return `at most ${params.limit} is allowed`;
    case 'minLength':
      return params.limit === 1
        ? 'at least one character is needed'
        : `at least ${params.limit} characters are needed`;
    case 'maxLength':
      return `at most ${params.limit} characters are allowed`;
    default:
      return undefined;
  }
}

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
