import { isIP } from 'node:net';

/** Names of keys whose values are addresses, normalised. */
const NAMES =
  /^(?:ip|ipaddr|ipaddress|ipv4|ipv6|(?:client|remote|user|visitor|source)ip|(?:client|remote)addr(?:ess)?|(?:client|remote|user|visitor|source)ipaddress|x?forwardedfor|xrealip)$/;

/** Whether a key, normalised, names an address. */
export function namesAddress(name: string): boolean {
  return NAMES.test(name);
}

/**
 * Addresses of a text, of which a proxy may list several, cut to their network: /24 of version 4, /48 of version 6. Undefined where
 * it holds something else.
 */
export function truncatedAddresses(text: string): string | undefined {
  const parts = text.split(',').map((part) => truncated(part.trim()));
  return parts.every((part) => part !== undefined) ? parts.join(', ') : undefined;
}

function truncated(address: string): string | undefined {
  const bare = address.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/%.*$/, '');
  const v4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?::\d+)?$/i.exec(bare)?.[1];
  if (v4 !== undefined) return isIP(`${v4}.0`) === 4 ? `${v4}.0` : undefined;
  if (isIP(bare) !== 6) return undefined;
  const [head = '', tail] = bare.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right].slice(0, 3);
  const network = groups.map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::`.replace(/^0:0:0::$/, '::');
}
