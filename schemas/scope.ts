import type { Facts } from './schema-facts.ts';
import { pointerTo, type SchemaNode } from './schema-node.ts';

/** One thing that a newer schema may refuse although an older one accepts it. */
export interface Incompatibility {
  /** JSON pointer in the newer schema. */
  readonly pointer: string;
  /** The keyword that refuses. */
  readonly rule: string;
  /** What breaks, in words. */
  readonly message: string;
}

/** What a keyword's comparison works with: all that the older schemas say of one value. */
export interface Scope {
  readonly facts: Facts;
  readonly older: readonly SchemaNode[];
  /** Compares what is said of a value within this one: a property, an item. */
  below(older: readonly SchemaNode[], newer: SchemaNode): Incompatibility[];
  /** Compares more that is said of this value. */
  here(older: readonly SchemaNode[], newer: SchemaNode): Incompatibility[];
  /** Whether no value passes both; false where that is not proved. */
  disjoint(a: readonly SchemaNode[], b: readonly SchemaNode[]): boolean;
}

/** Compares some keywords of one newer schema. */
export type Compare = (scope: Scope, newer: SchemaNode) => Incompatibility[];

/** A finding at a keyword. */
export function breaks(node: SchemaNode, rule: string, message: string): Incompatibility {
  return { pointer: pointerTo(node, rule), rule, message };
}

/** A finding where the check cannot tell. */
export function unproved(node: SchemaNode, rule: string, what: string): Incompatibility {
  return breaks(node, rule, `cannot be proved: ${what}`);
}
