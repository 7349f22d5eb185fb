import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** What an item of the registry may hold. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [k: string]: Value | undefined };

/** A value as DynamoDB's attribute: lists and maps stay lists and maps, so that people can read the items. */
export function toAttribute(value: Value): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (isList(value)) return { L: value.map(toAttribute) };
  return { M: toAttributes(value) };
}

/** An object as DynamoDB's item. Members that are undefined are left out. */
export function toAttributes(value: {
  readonly [k: string]: Value | undefined;
}): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) attributes[key] = toAttribute(member);
  }
  return attributes;
}

/**
 * An attribute of DynamoDB as a value.
 * @throws Error for binaries and sets, which the registry does not use.
 */
export function fromAttribute(attribute: AttributeValue): Value {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  throw new Error(`unknown attribute type ${Object.keys(attribute).join(', ')} in the registry`);
}

/** An item of DynamoDB as an object. */
export function fromAttributes(item: Record<string, AttributeValue>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(item).map(([key, attribute]) => [key, fromAttribute(attribute)]),
  );
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
