import type { AppConfig } from '../../core/config.ts';
import { InvalidConfigError, parseConfig } from '../../core/config-schema.ts';

function configOf(visitors: unknown, more: Partial<AppConfig> = {}) {
  return { apps: [{ id: 'shop', writeKeys: [], readKeys: [], ...more, visitors }] };
}

function problemsOf(visitors: unknown): readonly string[] {
  try {
    parseConfig(configOf(visitors));
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('visitors of an app', () => {
  it('have no cookie until the config asks for one', () => {
    expect(parseConfig(configOf(undefined)).apps[0]?.visitors).toEqual({
      cookie: false,
      gpc: 'anonymous',
      dnt: 'full',
      consent: { category: [], whenDenied: 'anonymous', whenMissing: 'full' },
    });
  });

  it('have a cookie that only the server reads, on the asked host alone, for a year, by default', () => {
    expect(parseConfig(configOf({ cookie: {} })).apps[0]?.visitors.cookie).toEqual({
      name: 'mr_id',
      maxAgeDays: 365,
      path: '/',
      sameSite: 'Lax',
      secure: true,
      httpOnly: true,
    });
  });

  it('parse to themselves, so that bundles can check what they carry', () => {
    const parsed = parseConfig(configOf({ cookie: {}, consent: { category: 'Analytics' } }));

    expect(parseConfig(parsed)).toEqual(parsed);
  });

  it('take no category and an empty list of categories for the same', () => {
    const [none, empty] = [configOf({}), configOf({ consent: { category: [] } })];

    expect(parseConfig(empty)).toEqual(parseConfig(none));
  });

  it('may send the cookie from pages of other sites where these are listed', () => {
    const config = configOf(
      { cookie: { sameSite: 'None' } },
      { origins: ['https://shop.example', 'https://other.example'] },
    );

    expect(parseConfig(config).apps[0]?.visitors.cookie).toMatchObject({ sameSite: 'None' });
  });

  it.each<[string, unknown, string]>([
    ['a cookie that is true', { cookie: true }, 'cookie: got true, allowed: false, or an object'],
    ['a name with a semicolon', { cookie: { name: 'a;b' } }, 'cookie.name: got "a;b"'],
    ['a life that no browser keeps', { cookie: { maxAgeDays: 401 } }, 'cookie.maxAgeDays: got 401'],
    ['a domain with a dot in front', { cookie: { domain: '.a.de' } }, 'cookie.domain: got ".a.de"'],
    ['a path that injects', { cookie: { path: '/; a' } }, 'cookie.path: got "/; a"'],
    ['a key that is a slip', { cookie: { samesite: 'Lax' } }, 'did you mean sameSite?'],
    ['__Host- with a domain', { cookie: { name: '__Host-a', domain: 'a.de' } }, 'cookie.name: got'],
    [
      '__Secure- without secure',
      { cookie: { name: '__Secure-a', secure: false } },
      'cookie.secure',
    ],
    ['SameSite None for pages of all origins', { cookie: { sameSite: 'None' } }, 'cookie.sameSite'],
    ['a mode that is none', { gpc: 'ignore' }, 'gpc: got "ignore", allowed: one of full'],
    ['a category that is empty', { consent: { category: '' } }, 'consent.category: got ""'],
  ])('refuse %s', (_case, visitors, problem) => {
    expect(problemsOf(visitors)).toEqual([expect.stringContaining(problem)]);
  });
});
