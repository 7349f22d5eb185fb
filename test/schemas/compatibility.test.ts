import { compareSchemas } from '../../schemas/compatibility.ts';
import type { Schema } from '../../schemas/schema-node.ts';

/** An object schema with these properties. */
function object(properties: Record<string, Schema>, rest: Record<string, unknown> = {}): Schema {
  return { type: 'object', properties, ...rest };
}

/** Object.fromEntries: an object written with a member `then` looks like a promise. */
function conditional(condition: Schema, holds: Schema): Schema {
  return Object.fromEntries([
    ['if', condition],
    ['then', holds],
  ]);
}

const S = { type: 'string' } as const;
const N = { type: 'number' } as const;
const I = { type: 'integer' } as const;
const CARD = object({ kind: { const: 'card' } }, { required: ['kind'] });
const CASH = object({ kind: { const: 'cash' } }, { required: ['kind'] });
const BANK = object({ kind: { const: 'bank' } }, { required: ['kind'] });
const TREE = {
  $ref: '#/$defs/node',
  $defs: { node: object({ value: I, left: { $ref: '#/$defs/node' } }) },
};

const COMPATIBLE: readonly (readonly [change: string, older: Schema, newer: Schema])[] = [
  ['nothing changed', object({ a: S }), object({ a: S })],
  ['words for people changed', { ...S, title: 'a' }, { ...S, description: 'b' }],
  ['a property that has no rule is added', object({ a: S }), object({ a: S, b: true })],
  [
    'a property is added to a closed object',
    object({ a: S }, { additionalProperties: false }),
    object({ a: S, b: I }, { additionalProperties: false }),
  ],
  ['a property is not described any more', object({ a: S, b: I }), object({ a: S })],
  ['a property is not required any more', object({ a: S }, { required: ['a'] }), object({ a: S })],
  [
    'a closed object is opened',
    object({ a: S }, { additionalProperties: false }),
    object({ a: S }),
  ],
  ['integer becomes number', I, N],
  ['a type is added', object({ a: S }), object({ a: { type: ['string', 'null'] } })],
  ['integer and fractions become number', { anyOf: [I, N] }, N],
  ['a value is added to an enum', { enum: ['a', 'b'] }, { enum: ['b', 'a', 'c'] }],
  ['const becomes an enum', { const: 1 }, { enum: [1, 2] }],
  ['an enum becomes its type', { enum: ['a', 'b'] }, { type: 'string', maxLength: 1 }],
  ['the minimum falls', { ...N, minimum: 1 }, { ...N, minimum: 0 }],
  ['above 0 becomes 1 of integers', { ...I, exclusiveMinimum: 0 }, { ...I, minimum: 1 }],
  ['below 10 becomes at most 10', { ...N, exclusiveMaximum: 10 }, { ...N, maximum: 10 }],
  ['multiples of 6 become those of 3', { ...I, multipleOf: 6 }, { ...I, multipleOf: 3 }],
  ['integers are multiples of 1', I, { ...N, multipleOf: 1 }],
  ['a text may be longer', { ...S, maxLength: 10 }, { ...S, maxLength: 20 }],
  ['a text may be shorter', { ...S, minLength: 2 }, { ...S, minLength: 1 }],
  ['a pattern is dropped', { ...S, pattern: '^a' }, S],
  ['a format is dropped', { ...S, format: 'email' }, S],
  ['a rule for another type is added', I, { ...I, maxLength: 3 }],
  ['more items are allowed', { type: 'array', maxItems: 2 }, { type: 'array', maxItems: 3 }],
  ['repeated items are allowed', { type: 'array', uniqueItems: true }, { type: 'array' }],
  ['items may be more', { type: 'array', items: I }, { type: 'array', items: N }],
  [
    'a tuple becomes a list (2020-12)',
    { type: 'array', prefixItems: [I, I], items: false },
    { type: 'array', items: I, maxItems: 2 },
  ],
  [
    'a tuple becomes a list (draft 7)',
    { type: 'array', items: [I, I], additionalItems: false },
    { type: 'array', items: I, maxItems: 2 },
  ],
  [
    'items say that one is contained',
    { type: 'array', items: I, minItems: 1 },
    { type: 'array', contains: N },
  ],
  [
    'fewer must be contained',
    { type: 'array', contains: I, minContains: 2 },
    { type: 'array', contains: I },
  ],
  [
    'additional properties may be more',
    { type: 'object', additionalProperties: I },
    { type: 'object', additionalProperties: N },
  ],
  [
    'a name becomes a pattern',
    object({ x_a: S }, { additionalProperties: false }),
    { type: 'object', patternProperties: { '^x_': S }, additionalProperties: false },
  ],
  [
    'a pattern of names stays',
    { type: 'object', patternProperties: { '^x_': I } },
    { type: 'object', patternProperties: { '^x_': N } },
  ],
  [
    'names are listed before a rule for names',
    object({ ab: S }, { additionalProperties: false }),
    { type: 'object', propertyNames: { minLength: 2 } },
  ],
  [
    'two are required, so there are two',
    { type: 'object', required: ['a', 'b'] },
    { type: 'object', minProperties: 2 },
  ],
  [
    'fewer names, fewer properties',
    object({ a: S }, { additionalProperties: false }),
    { type: 'object', maxProperties: 1 },
  ],
  [
    'what a property asks for is required',
    { type: 'object', required: ['b'] },
    { type: 'object', dependentRequired: { a: ['b'] } },
  ],
  [
    'dependencies become dependentRequired',
    { type: 'object', dependencies: { a: ['b'] } },
    { type: 'object', dependentRequired: { a: ['b'] } },
  ],
  ['a member of allOf is dropped', { allOf: [S, { minLength: 1 }] }, { allOf: [S] }],
  ['allOf is written in one', { allOf: [S, { minLength: 1 }] }, { ...S, minLength: 1 }],
  ['a branch is added to anyOf', { anyOf: [S, I] }, { anyOf: [I, S, { type: 'null' }] }],
  ['anyOf becomes types', { anyOf: [S, I] }, { type: ['string', 'integer'] }],
  ['types become anyOf', { type: ['string', 'integer'] }, { anyOf: [S, I] }],
  [
    'a branch is added to oneOf, apart by its kind',
    { oneOf: [CARD, CASH] },
    { oneOf: [CARD, CASH, BANK] },
  ],
  ['what is refused is less', { not: { type: ['string', 'null'] } }, { not: S }],
  [
    'then asks for less',
    conditional({ required: ['a'] }, { required: ['b', 'c'] }),
    conditional({ required: ['a'] }, { required: ['b'] }),
  ],
  [
    'a definition moves',
    { $ref: '#/$defs/a', $defs: { a: I } },
    { $ref: '#/definitions/b', definitions: { b: N } },
  ],
  [
    'a schema that refers to itself may be more',
    TREE,
    { ...TREE, $defs: { node: object({ value: N, left: { $ref: '#/$defs/node' } }) } },
  ],
  ['nothing was accepted', false, { type: 'object', required: ['a'] }],
  ['everything is accepted', object({ a: S }), true],
  [
    'unevaluated properties stay refused',
    { allOf: [object({ a: S })], unevaluatedProperties: false },
    { unevaluatedProperties: false, allOf: [object({ a: S })] },
  ],
];

const INCOMPATIBLE: readonly (readonly [
  change: string,
  older: Schema,
  newer: Schema,
  pointer: string,
  rule: string,
])[] = [
  [
    'a property becomes required',
    object({ a: S }),
    object({ a: S }, { required: ['a'] }),
    '/required',
    'required',
  ],
  [
    'a property of a type is added to an open object',
    object({ a: S }),
    object({ a: S, b: I }),
    '/properties/b/type',
    'type',
  ],
  [
    'a property is removed from a closed object',
    object({ a: S, b: I }, { additionalProperties: false }),
    object({ a: S }, { additionalProperties: false }),
    '/additionalProperties',
    'false',
  ],
  [
    'an object is closed',
    object({ a: S }),
    object({ a: S }, { additionalProperties: false }),
    '/additionalProperties',
    'false',
  ],
  ['number becomes integer', N, I, '/type', 'type'],
  ['a type is dropped', { type: ['string', 'null'] }, S, '/type', 'type'],
  ['string becomes number', object({ a: S }), object({ a: N }), '/properties/a/type', 'type'],
  ['a value is dropped from an enum', { enum: ['a', 'b'] }, { enum: ['a'] }, '', 'enum'],
  ['a type becomes an enum', S, { enum: ['a'] }, '/enum', 'enum'],
  [
    'a const changes',
    object({ a: { const: 1 } }),
    object({ a: { const: 2 } }),
    '/properties/a',
    'enum',
  ],
  ['the minimum rises', { ...N, minimum: 0 }, { ...N, minimum: 1 }, '/minimum', 'minimum'],
  [
    'at least 0 becomes above 0',
    { ...N, minimum: 0 },
    { ...N, exclusiveMinimum: 0 },
    '/exclusiveMinimum',
    'exclusiveMinimum',
  ],
  ['a maximum is added', N, { ...N, maximum: 10 }, '/maximum', 'maximum'],
  [
    'multiples of 3 become those of 6',
    { ...I, multipleOf: 3 },
    { ...I, multipleOf: 6 },
    '/multipleOf',
    'multipleOf',
  ],
  [
    'a text is to be longer',
    { ...S, minLength: 1 },
    { ...S, minLength: 2 },
    '/minLength',
    'minLength',
  ],
  ['a text is to be shorter', S, { ...S, maxLength: 9 }, '/maxLength', 'maxLength'],
  ['a pattern changes', { ...S, pattern: '^a' }, { ...S, pattern: '^[ab]' }, '/pattern', 'pattern'],
  ['a format is added', S, { ...S, format: 'uri' }, '/format', 'format'],
  [
    'fewer items are allowed',
    { type: 'array', maxItems: 3 },
    { type: 'array', maxItems: 2 },
    '/maxItems',
    'maxItems',
  ],
  ['an item is needed', { type: 'array' }, { type: 'array', minItems: 1 }, '/minItems', 'minItems'],
  [
    'repeated items are refused',
    { type: 'array' },
    { type: 'array', uniqueItems: true },
    '/uniqueItems',
    'uniqueItems',
  ],
  ['items get a type', { type: 'array' }, { type: 'array', items: I }, '/items/type', 'type'],
  [
    'the second of a tuple changes (draft 7)',
    { type: 'array', items: [I, I] },
    { type: 'array', items: [I, S] },
    '/items/1/type',
    'type',
  ],
  [
    'the rest of a tuple is refused',
    { type: 'array', prefixItems: [I] },
    { type: 'array', prefixItems: [I], items: false },
    '/items',
    'false',
  ],
  [
    'something must be contained',
    { type: 'array' },
    { type: 'array', contains: I },
    '/contains',
    'contains',
  ],
  [
    'fewer may be contained',
    { type: 'array', contains: I, maxContains: 3 },
    { type: 'array', contains: I, maxContains: 2 },
    '/maxContains',
    'maxContains',
  ],
  [
    'additional properties get a type',
    object({ a: S }),
    object({ a: S }, { additionalProperties: I }),
    '/additionalProperties/type',
    'type',
  ],
  [
    'a pattern of names is added',
    { type: 'object' },
    { type: 'object', patternProperties: { '^x_': S } },
    '/patternProperties/^x_/type',
    'type',
  ],
  [
    'a pattern of names hits a named one',
    object({ x_a: I }, { additionalProperties: false }),
    object({ x_a: I }, { patternProperties: { '^x_': S }, additionalProperties: false }),
    '/patternProperties/^x_/type',
    'type',
  ],
  [
    'names are to be short',
    { type: 'object' },
    { type: 'object', propertyNames: { maxLength: 3 } },
    '/propertyNames/maxLength',
    'maxLength',
  ],
  [
    'a listed name is refused',
    object({ a: S }, { additionalProperties: false }),
    { type: 'object', propertyNames: { minLength: 2 } },
    '/propertyNames',
    'propertyNames',
  ],
  [
    'more properties are needed',
    { type: 'object', required: ['a'] },
    { type: 'object', minProperties: 2 },
    '/minProperties',
    'minProperties',
  ],
  [
    'fewer properties are allowed',
    { type: 'object' },
    { type: 'object', maxProperties: 5 },
    '/maxProperties',
    'maxProperties',
  ],
  [
    'one property asks for another',
    object({ a: S }),
    object({ a: S }, { dependentRequired: { a: ['b'] } }),
    '/dependentRequired/a',
    'dependentRequired',
  ],
  [
    'a property asks for a schema',
    { type: 'object' },
    { type: 'object', dependentSchemas: { a: { required: ['b'] } } },
    '/dependentSchemas/a/required',
    'required',
  ],
  [
    'a member is added to allOf',
    { allOf: [S] },
    { allOf: [S, { minLength: 1 }] },
    '/allOf/1/minLength',
    'minLength',
  ],
  ['a branch of anyOf is dropped', { anyOf: [S, I] }, { anyOf: [S] }, '/anyOf', 'anyOf'],
  [
    'a branch is added to oneOf that overlaps',
    { oneOf: [I] },
    { oneOf: [I, N] },
    '/oneOf',
    'oneOf',
  ],
  [
    'something is refused',
    object({ a: S }),
    { ...(object({ a: S }) as object), not: { required: ['a'] } },
    '/not',
    'not',
  ],
  [
    'then asks for more',
    conditional({ required: ['a'] }, { required: ['b'] }),
    conditional({ required: ['a'] }, { required: ['b', 'c'] }),
    '/then/required',
    'required',
  ],
  [
    'a condition is added',
    object({ a: S }),
    object({ a: S }, { if: { required: ['a'] }, else: { required: ['b'] } }),
    '/else/required',
    'required',
  ],
  [
    'a definition changes',
    { $ref: '#/$defs/a', $defs: { a: N } },
    { $ref: '#/$defs/a', $defs: { a: I } },
    '/$defs/a/type',
    'type',
  ],
  [
    'a schema that refers to itself is narrower',
    TREE,
    { ...TREE, $defs: { node: object({ value: S, left: { $ref: '#/$defs/node' } }) } },
    '/$defs/node/properties/value/type',
    'type',
  ],
  ['a reference to another file', S, { $ref: 'https://example.com/text' }, '/$ref', '$ref'],
  ['nothing is accepted', S, false, '', 'false'],
  [
    'unevaluated properties are refused',
    { allOf: [object({ a: S })] },
    { allOf: [object({ a: S })], unevaluatedProperties: false },
    '/unevaluatedProperties',
    'unevaluatedProperties',
  ],
  [
    'a keyword that is not known',
    S,
    { ...S, discriminator: { propertyName: 'a' } },
    '/discriminator',
    'discriminator',
  ],
];

describe('compareSchemas', () => {
  it.each(COMPATIBLE)('lets through: %s', (_change, older, newer) => {
    expect(compareSchemas(older, newer)).toEqual([]);
  });

  it.each(INCOMPATIBLE)('refuses: %s', (_change, older, newer, pointer, rule) => {
    const found = compareSchemas(older, newer);

    expect(found).toContainEqual({ pointer, rule, message: expect.stringMatching(/\w+ \w+/) });
  });

  it('says which change breaks what, in words', () => {
    const older = object({ plan: { enum: ['free', 'pro'] } }, { additionalProperties: false });
    const newer = object(
      { plan: { enum: ['pro'] } },
      { required: ['plan'], additionalProperties: false },
    );

    expect(compareSchemas(older, newer)).toEqual([
      {
        pointer: '/required',
        rule: 'required',
        message: '"plan" was not required and is now: objects without it are refused',
      },
      { pointer: '/properties/plan', rule: 'enum', message: '"free" was accepted and is refused' },
    ]);
  });

  it('says where it cannot tell', () => {
    const [found] = compareSchemas({ ...S, pattern: '^a' }, { ...S, pattern: '^(a)' });

    expect(found?.message).toBe(
      'cannot be proved: pattern was "^a", is "^(a)" now: strings may be refused',
    );
  });
});
