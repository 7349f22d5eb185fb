/** Where a request comes from and how. */
export interface Asked {
  readonly url: string;
  /** Whether the page belongs to the same site. Default: true. */
  readonly sameSite?: boolean;
}

interface Kept {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string;
  readonly endsAt: number;
}

/** Cookies as a browser keeps them: the rules of RFC 6265bis that a server's cookie meets. */
export class CookieJar {
  readonly #cookies = new Map<string, Kept>();
  /** Epoch ms. */
  now = 0;

  /** Takes a Set-Cookie. @returns whether a browser would keep it. */
  take({ url, sameSite = true }: Asked, header: string): boolean {
    const { hostname, protocol } = new URL(url);
    const [pair = '', ...parts] = header.split('; ');
    const [name = '', value = ''] = pair.split('=', 2);
    const attributes = new Map(
      parts.map((part) => {
        const [key = '', of = ''] = part.split('=', 2);
        return [key.toLowerCase(), of] as const;
      }),
    );
    const domain = attributes.get('domain');
    const secure = attributes.has('secure');
    if (domain !== undefined && !belongs(hostname, domain)) return false;
    if (secure && protocol !== 'https:' && hostname !== 'localhost') return false;
    if (attributes.get('samesite') === 'None' && !secure) return false;
    if (attributes.get('samesite') !== 'None' && !sameSite) return false;
    if (name.startsWith('__Secure-') && !secure) return false;
    const isHost = domain === undefined && attributes.get('path') === '/';
    if (name.startsWith('__Host-') && !(secure && isHost)) return false;
    const path = attributes.get('path') ?? '/';
    const kept: Kept = {
      name,
      value,
      host: domain ?? hostname,
      hostOnly: domain === undefined,
      path,
      secure,
      httpOnly: attributes.has('httponly'),
      sameSite: attributes.get('samesite') ?? 'Lax',
      endsAt: this.now + Math.min(Number(attributes.get('max-age')), 400 * 86_400) * 1000,
    };
    this.#cookies.set(`${name} ${kept.host} ${path}`, kept);
    return true;
  }

  /** The cookies that go with a request for data, as `name=value`. */
  sent({ url, sameSite = true }: Asked): string[] {
    const { protocol, hostname } = new URL(url);
    return this.#at(url)
      .filter(({ secure }) => !secure || protocol === 'https:' || hostname === 'localhost')
      .filter((cookie) => sameSite || cookie.sameSite === 'None')
      .map(({ name, value }) => `${name}=${value}`);
  }

  /** What a script of a page reads. */
  read(url: string): string[] {
    return this.#at(url)
      .filter(({ httpOnly }) => !httpOnly)
      .map(({ name, value }) => `${name}=${value}`);
  }

  #at(url: string): Kept[] {
    const { hostname, pathname } = new URL(url);
    return [...this.#cookies.values()].filter(
      ({ host, hostOnly, path, endsAt }) =>
        endsAt > this.now &&
        (hostOnly ? hostname === host : belongs(hostname, host)) &&
        (pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)),
    );
  }
}

function belongs(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
