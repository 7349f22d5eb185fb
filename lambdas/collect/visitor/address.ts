import type { JsonObject } from '../envelope.ts';
import { isJsonObject } from '../json.ts';

/** Members of a call and of its context that hold the visitor's address, as clients and proxies name it. */
const ADDRESSES = ['ip', 'request_ip', 'requestIP', 'ipAddress', 'ip_address', 'user_ipaddress'];
/** The same in text that is no JSON. */
const ADDRESS_TEXT = new RegExp(`("(?:${ADDRESSES.join('|')})"\\s*:\\s*)"[^"]*"?`, 'g');

/** A call, or a context, without the visitor's address: the same object where it holds none. */
export function withoutAddress(call: JsonObject): JsonObject {
  const context = isJsonObject(call.context) ? without(call.context) : call.context;
  const rest = without(call);
  return context === call.context ? rest : { ...rest, context };
}

/** Text that cannot be read, without what looks like the visitor's address in JSON. */
export function withoutAddressText(text: string): string {
  return text.replace(ADDRESS_TEXT, '$1null');
}

function without(object: JsonObject): JsonObject {
  if (!holdsAddress(object)) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !ADDRESSES.includes(name)));
}

/** All ADDRESSES, written out: each call and each context is asked. */
function holdsAddress(object: JsonObject): boolean {
  return (
    object.ip !== undefined ||
    object.request_ip !== undefined ||
    object.requestIP !== undefined ||
    object.ipAddress !== undefined ||
    object.ip_address !== undefined ||
    object.user_ipaddress !== undefined
  );
}
