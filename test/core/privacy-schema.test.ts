import { InvalidConfigError, parseConfig } from '../../core/config-schema.ts';
import { DEFAULT_PRIVACY, SECRET_KEYS } from '../../core/privacy.ts';

const configWith = (privacy: unknown) => ({
  apps: [{ id: 'shop', writeKeys: [{ key: 'shop-key-1' }], readKeys: [], privacy }],
});

/** Problems of a privacy section, as the error lists them. */
function problems(privacy: unknown): readonly string[] {
  try {
    parseConfig(configWith(privacy));
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('privacy of an app', () => {
  it('redacts all kinds where nothing is said', () => {
    expect(parseConfig(configWith(undefined)).apps[0]?.privacy).toEqual(DEFAULT_PRIVACY);
  });

  it('takes names, names with *, and paths', () => {
    const keys = [...SECRET_KEYS, 'diagnosis', 'secret*', 'first name', 'properties.a.b'];
    const hash = ['userId', 'groupId', 'traits.email', 'properties.customer.email'];

    expect(problems({ keys, hash, email: 'hash', nationalIds: ['pl'], ip: 'keep' })).toEqual([]);
  });

  it.each([
    [{ email: 'drop' }, 'apps[0].privacy.email: got "drop", allowed: one of redact, hash, keep'],
    [{ emails: 'keep' }, 'apps[0].privacy.emails: unknown key, did you mean email? allowed: '],
    [{ nationalIds: ['uk'] }, 'apps[0].privacy.nationalIds[0]: got "uk", allowed: one of us, es'],
    [{ keys: ['*'] }, 'apps[0].privacy.keys[0]: got "*", allowed: a name as cardNumber'],
    [{ keys: ['a.*'] }, 'apps[0].privacy.keys[0]: got "a.*", allowed: a name as cardNumber'],
    [{ keys: ['a*b*c'] }, 'apps[0].privacy.keys[0]: got "a*b*c", allowed: a name as cardNumber'],
    [{ hash: ['email'] }, 'apps[0].privacy.hash[0]: got "email", allowed: userId, groupId'],
    [{ hash: ['traits'] }, 'apps[0].privacy.hash[0]: got "traits", allowed: userId, groupId'],
  ])('refuses %j and says what is allowed', (privacy, message) => {
    expect(problems(privacy)[0]).toContain(message);
  });
});
