import { requireInteger, requireString } from '../../../lambdas/runtime/environment.ts';

const NAME = 'MILLRACE_TEST_VARIABLE';

afterEach(() => {
  delete process.env[NAME];
});

describe('requireString', () => {
  it('gives the value', () => {
    process.env[NAME] = 'stream';

    expect(requireString(NAME)).toBe('stream');
  });

  it('names a variable that is not set or empty', () => {
    expect(() => requireString(NAME)).toThrow(`environment variable ${NAME} is not set`);
    process.env[NAME] = '';
    expect(() => requireString(NAME)).toThrow(`environment variable ${NAME} is empty`);
  });
});

describe('requireInteger', () => {
  it('gives a whole number in its range', () => {
    process.env[NAME] = '60';

    expect(requireInteger(NAME, { min: 60, max: 900 })).toBe(60);
  });

  it.each(['59', '901', '6e1', '60.5', 'sixty', ' 60'])(
    'refuses %j and says what is allowed',
    (value) => {
      process.env[NAME] = value;

      expect(() => requireInteger(NAME, { min: 60, max: 900 })).toThrow(
        `environment variable ${NAME} is ${JSON.stringify(value)}: a whole number from 60 to 900 is needed`,
      );
    },
  );
});
