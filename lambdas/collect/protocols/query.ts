import type { DecodedBody } from '../decode.ts';
import { MAX_DEPTH, MAX_REQUEST_BYTES } from '../limits.ts';

/** Parameters of a query, percent-decoded. What is no UTF-8 becomes U+FFFD. */
export function parametersOf(query: string | undefined): URLSearchParams {
  return new URLSearchParams(query ?? '');
}

/** A parameter of a query; undefined where it is not there. */
export function parameterOf(query: string | undefined, name: string): string | undefined {
  // Most requests have no query.
  return query ? (parametersOf(query).get(name) ?? undefined) : undefined;
}

/**
 * An object of parameters with dots in their names: `properties.plan=pro` is `{"properties":{"plan":"pro"}}`. Values stay text;
 * of repeated names the last one counts, and a name within another's value replaces that value.
 */
export function nestedParameters(parameters: URLSearchParams): Readonly<Record<string, unknown>> {
  const root = emptyObject();
  for (const [name, value] of parameters) {
    // One level more than an event may have: deeper ones need not be told apart, and would exhaust the stack.
    const parts = name.split('.', MAX_DEPTH + 1);
    const last = parts.pop() ?? '';
    let object = root;
    for (const part of parts) {
      const inner = object[part];
      const next =
        typeof inner === 'object' && inner !== null
          ? (inner as Record<string, unknown>)
          : emptyObject();
      object[part] = next;
      object = next;
    }
    object[last] = value;
  }
  return root;
}

/** Base64 text, also of the URL-safe alphabet and with blanks where a client left its + unescaped; as UTF-8. */
export function decodeBase64(encoded: string): string {
  return Buffer.from(encoded.replaceAll(' ', '+'), 'base64').toString('utf8');
}

/** Text that a query carries as a body would. */
export function textOfQuery(text: string): DecodedBody {
  return { text, tooLarge: Buffer.byteLength(text) > MAX_REQUEST_BYTES };
}

/** Without a prototype: `__proto__` is a name as any other. */
function emptyObject(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
