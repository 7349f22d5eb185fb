import type { CreatedResource } from '../service.ts';
import type { Template } from './assembly.ts';
import { isRecord } from './values.ts';

/** The account that a local stack pretends to be. */
export const ACCOUNT = '000000000000';
/** The region that a local stack pretends to be in. */
export const REGION = 'us-east-1';

/** What intrinsic functions of one stack look things up in. */
export interface Scope {
  readonly stack: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  /** Created resources by logical id. */
  readonly created: ReadonlyMap<string, CreatedResource>;
  /** Values that stacks exported, by export name. */
  readonly exports: ReadonlyMap<string, unknown>;
}

/** What `AWS::NoValue` resolves to: the member that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => ref(String(argument), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [id, attribute] = Array.isArray(argument)
      ? [String(argument[0]), String(argument[1])]
      : splitOnce(String(argument), '.');
    return attributeOf(id, attribute, scope);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = pair(argument, 'Fn::Join');
    return strings(resolve(parts, scope), 'Fn::Join').join(String(separator));
  },
  'Fn::Sub': (argument, scope) => sub(argument, scope),
  'Fn::Select': (argument, scope) => {
    const [index, from] = pair(argument, 'Fn::Select');
    const values = resolve(from, scope);
    const at = Number(resolve(index, scope));
    if (!Array.isArray(values) || !(at in values))
      throw new Error(`Fn::Select has no item ${at} in ${JSON.stringify(values)}`);
    return values[at];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, from] = pair(argument, 'Fn::Split');
    return String(resolve(from, scope)).split(String(separator));
  },
  'Fn::If': (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 3)
      throw new Error(`Fn::If takes three arguments, got ${JSON.stringify(argument)}`);
    return resolveValue(argument[condition(String(argument[0]), scope) ? 1 : 2], scope);
  },
  'Fn::ImportValue': (argument, scope) => {
    const name = String(resolve(argument, scope));
    if (!scope.exports.has(name)) {
      const known = [...scope.exports.keys()].join(', ') || 'none';
      throw new Error(`no stack exports ${name}; exported before ${scope.stack}: ${known}`);
    }
    return scope.exports.get(name);
  },
  'Fn::FindInMap': (argument, scope) => {
    const keys = strings(resolve(argument, scope), 'Fn::FindInMap');
    let value: unknown = scope.template.Mappings;
    for (const key of keys) value = isRecord(value) ? value[key] : undefined;
    if (value === undefined) throw new Error(`Fn::FindInMap finds nothing at ${keys.join('.')}`);
    return value;
  },
  'Fn::Base64': (argument, scope) =>
    Buffer.from(String(resolve(argument, scope))).toString('base64'),
  'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`),
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair(argument, 'Fn::Equals');
    return String(resolve(left, scope)) === String(resolve(right, scope));
  },
  'Fn::And': (argument, scope) => conditions(argument, scope).every(Boolean),
  'Fn::Or': (argument, scope) => conditions(argument, scope).some(Boolean),
  'Fn::Not': (argument, scope) => !conditions(argument, scope)[0],
  Condition: (argument, scope) => condition(String(argument), scope),
};

/**
 * Resolves all intrinsic functions in a value of a template.
 * @throws Error for what is not known: a reference, an attribute, an export, a function.
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveValue(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

/**
 * Whether a condition of the template holds.
 * @throws Error where the template has no such condition.
 */
export function condition(name: string, scope: Scope): boolean {
  const expression = scope.template.Conditions?.[name];
  if (expression === undefined) throw new Error(`the template has no condition ${name}`);
  return resolve(expression, scope) === true;
}

/** Logical ids that a value refers to, by Ref, Fn::GetAtt or Fn::Sub. */
export function references(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) references(item, found);
  if (!isRecord(value)) return found;
  for (const [key, argument] of Object.entries(value)) {
    if (key === 'Ref') found.add(String(argument));
    else if (key === 'Fn::GetAtt')
      found.add(Array.isArray(argument) ? String(argument[0]) : String(argument).split('.')[0]!);
    else if (key === 'Fn::Sub')
      for (const match of String(Array.isArray(argument) ? argument[0] : argument).matchAll(
        /\$\{([^!.}]+)/g,
      ))
        found.add(match[1]!);
    if (key !== 'Ref' && key !== 'Fn::GetAtt') references(argument, found);
  }
  return found;
}

function resolveValue(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value))
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) {
    const intrinsic = INTRINSICS[only];
    // A member that is called Condition is a condition only inside Conditions; in an IAM statement it is an object.
    if (intrinsic && (only !== 'Condition' || typeof value[only] === 'string'))
      return intrinsic(value[only], scope);
    if (only.startsWith('Fn::'))
      throw new Error(`the intrinsic function ${only} is not known here`);
  }
  const resolved: Record<string, unknown> = {};
  for (const key of keys) {
    const member = resolveValue(value[key], scope);
    if (member !== NO_VALUE) resolved[key] = member;
  }
  return resolved;
}

function ref(name: string, scope: Scope): unknown {
  switch (name) {
    case 'AWS::AccountId':
      return ACCOUNT;
    case 'AWS::Region':
      return REGION;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return scope.stack;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${scope.stack}/local`;
    case 'AWS::NoValue':
      return NO_VALUE;
  }
  const created = scope.created.get(name);
  if (created) return created.ref;
  const parameter = scope.template.Parameters?.[name];
  if (parameter) {
    const value = scope.parameters[name] ?? parameter.Default;
    if (value === undefined)
      throw new Error(`parameter ${name} of stack ${scope.stack} has no default and was not given`);
    return value;
  }
  throw new Error(`Ref names ${name}, which is no resource, parameter or pseudo parameter here`);
}

function attributeOf(id: string, attribute: string, scope: Scope): string {
  const created = scope.created.get(id);
  if (!created) throw new Error(`Fn::GetAtt names ${id}, which is no resource of ${scope.stack}`);
  const value = created.attributes[attribute];
  if (value === undefined) {
    const known = Object.keys(created.attributes).join(', ') || 'none';
    throw new Error(`Fn::GetAtt ${id}.${attribute}: attributes known here are ${known}`);
  }
  return value;
}

function sub(argument: unknown, scope: Scope): string {
  const [template, own] = Array.isArray(argument) ? argument : [argument, {}];
  const values = isRecord(own) ? own : {};
  return String(template).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (name in values) return String(resolve(values[name], scope));
    const [id, attribute] = splitOnce(name, '.');
    return String(attribute === '' ? ref(id, scope) : attributeOf(id, attribute, scope));
  });
}

function conditions(argument: unknown, scope: Scope): unknown[] {
  if (!Array.isArray(argument)) throw new Error('a condition function takes a list');
  return argument.map((item) => resolve(item, scope));
}

function pair(argument: unknown, name: string): [unknown, unknown] {
  if (!Array.isArray(argument) || argument.length !== 2)
    throw new Error(`${name} takes two arguments, got ${JSON.stringify(argument)}`);
  return [argument[0], argument[1]];
}

function strings(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw new Error(`${name} takes a list, got ${JSON.stringify(value)}`);
  return value.map(String);
}

function splitOnce(whole: string, separator: string): [string, string] {
  const at = whole.indexOf(separator);
  return at < 0 ? [whole, ''] : [whole.slice(0, at), whole.slice(at + separator.length)];
}
