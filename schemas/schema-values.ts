import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isObject, type Schema, type SchemaNode } from './schema-node.ts';

/** Drafts of JSON Schema that are known. */
export const DRAFTS = ['2020-12', 'draft-07'] as const;
/** One of them. */
export type Draft = (typeof DRAFTS)[number];

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

const OPTIONS = {
  logger: false,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  unicode: false,
  inlineRefs: false,
} as const;

const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Which draft a schema is of: what `$schema` says, 2020-12 without it.
 * @throws Error that lists the drafts that are known.
 */
export function draftOf(schema: Schema): Draft {
  const named = isObject(schema) ? schema.$schema : undefined;
  if (named === undefined || named === DRAFT_2020) return '2020-12';
  if (typeof named === 'string' && DRAFT_7.test(named)) return 'draft-07';
  throw new Error(
    `$schema is ${JSON.stringify(named)}: allowed are ${DRAFT_2020} and http://json-schema.org/draft-07/schema#`,
  );
}

/**
 * A compiler for schemas of a draft, with the formats. Lengths in UTF-16 units: code points cost several times as much, and
 * the limits are guards, not counts. Ajv calls that deprecated at each start, hence no logger; what strict mode finds is thrown.
 */
export function makeAjv(draft: Draft, own: Options = {}): Ajv {
  const options = { ...OPTIONS, ...own };
  const ajv = draft === '2020-12' ? new Ajv2020(options) : new Ajv(options);
  addFormats.default(ajv);
  return ajv;
}

/** Whether a schema at its place accepts a value. */
export function accepts(node: SchemaNode, value: unknown): boolean {
  if (typeof node.schema === 'boolean') return node.schema;
  let validate = compiled.get(node.schema);
  if (validate === undefined) {
    validate = compileAt(node, node.schema);
    compiled.set(node.schema, validate);
  }
  return validate(value);
}

function compileAt(node: SchemaNode, schema: object): ValidateFunction {
  const ajv = makeAjv(draftOf(node.root), {
    strict: false,
    // The compiler of the validators has checked the schemas; to do so here costs far more than all else.
    validateSchema: false,
    meta: false,
  });
  if (node.root === schema) return ajv.compile(withoutId(schema));
  ajv.addSchema(withoutId(node.root as object), 'root');
  // A JSON pointer into the document, so that references beside it find what they name.
  const fragment = node.pointer.split('/').map(encodeURIComponent).join('/');
  if (node.pointer !== '') return ajv.compile({ $ref: `root#${fragment}` });
  return ajv.compile(withoutId(schema));
}

function withoutId(schema: object): object {
  const { $id: _id, ...rest } = schema as { readonly $id?: string };
  return rest;
}
