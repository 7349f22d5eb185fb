import { isUtf8 } from 'node:buffer';
import type { JsonObject } from '../../envelope.ts';
import { isJsonObject, jsonProblem, parseExactly, scalarText, shapeOf } from '../../json.ts';
import { MAX_DEPTH } from '../../limits.ts';
import { RefusedError } from '../../refusal.ts';

/** Data that names its schema: an event, or an entity of its context. */
export interface SelfDescribing {
  /** As iglu:com.acme/checkout/jsonschema/1-0-0. */
  readonly schema: string;
  readonly data: unknown;
}

/** Name and version of a schema by its URI. */
export interface SchemaName {
  readonly vendor: string;
  readonly name: string;
  /** As 1-0-0. */
  readonly version: string;
}

/** Parts of a schema's URI; undefined where it is none. */
export function schemaNameOf(schema: string): SchemaName | undefined {
  const [, vendor, name, version] =
    /^iglu:([^/]{1,256})\/([^/]{1,256})\/[^/]{1,64}\/([^/]{1,64})$/.exec(schema) ?? [];
  return vendor && name && version ? { vendor, name, version } : undefined;
}

/**
 * The JSON of a parameter, to the letter: as it is, or base64, safe for URLs or not, padded or not.
 * @throws RefusedError where it is none, or too deep.
 */
export function jsonOf(key: string, text: string, isBase64: boolean): unknown {
  const refused = (message: string) =>
    new RefusedError({ code: 'invalid_event', pointer: `/${key}`, message: `/${key} ${message}` });
  let parsed: string;
  try {
    parsed = isBase64 ? decoded(text) : text;
    const value = JSON.parse(parsed);
    const shape = shapeOf(parsed);
    if (shape.depth > MAX_DEPTH) {
      throw refused(`is nested ${shape.depth} levels deep: at most ${MAX_DEPTH} are allowed`);
    }
    return parseExactly(parsed, value, shape).exact;
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(`is no JSON: ${jsonProblem(error)}`);
    if (error instanceof TypeError) throw refused(`is none: ${error.message}`);
    throw error;
  }
}

/** The value as self-describing data; undefined where it is none. */
export function selfDescribing(value: unknown): SelfDescribing | undefined {
  if (!isJsonObject(value)) return undefined;
  const schema = scalarText(value.schema);
  return schema === undefined ? undefined : { schema, data: value.data };
}

/** Members of self-describing data; none where it holds something else. */
export function membersOf({ data }: SelfDescribing): JsonObject {
  return isJsonObject(data) ? data : {};
}

/** @throws TypeError where it is no base64, or no UTF-8. */
function decoded(text: string): string {
  // Of the plain alphabet, a + that was not escaped in a query has become a blank.
  const encoded = text.replaceAll(' ', '+');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(encoded)) throw new TypeError('base64 is needed');
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) throw new TypeError('base64 of UTF-8 is needed');
  return bytes.toString('utf8');
}
