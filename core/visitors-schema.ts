import { z } from 'zod';
import { integer, list, oneOf, record, section, text, value } from './config-values.ts';
import { VISITOR_MODES, type VisitorCookie } from './visitors.ts';

const flag = () => value<boolean>((got) => typeof got === 'boolean', 'true or false');
const mode = () => oneOf(VISITOR_MODES);
const category = () => text(/^.{1,200}$/u, '1 to 200 characters');

const cookie = record({
  name: text(
    /^[A-Za-z0-9_.-]{1,64}$/,
    'the name of a cookie: 1 to 64 characters of A-Z, a-z, 0-9, _, . and -',
  ).default('mr_id'),
  maxAgeDays: integer(1, 400).default(365),
  domain: text(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    'a domain in lower case without scheme, port and leading dot, as shop.example',
  ).optional(),
  path: text(/^\/[A-Za-z0-9/._~-]{0,200}$/, 'a path that begins with /').default('/'),
  sameSite: oneOf(['Lax', 'Strict', 'None']).default('Lax'),
  secure: flag().default(true),
  httpOnly: flag().default(true),
}).superRefine(({ name, domain, path, sameSite, secure }, context) => {
  const issue = (key: string, input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, input });
  if (sameSite === 'None' && !secure) {
    issue('secure', secure, 'true where sameSite is None: browsers take no other');
  }
  if (/^__(secure|host)-/i.test(name) && !secure) {
    issue('secure', secure, `true where the name begins with ${name.slice(0, 9)}`);
  }
  if (/^__host-/i.test(name) && (domain !== undefined || path !== '/')) {
    issue('name', name, '__Host- only without domain and with path /');
  }
});

/** No union: its error would name the cookie as a whole, whatever is wrong in it. */
const cookieOrNone = z.unknown().transform((input, context): false | VisitorCookie => {
  if (input === false) return false;
  const read = cookie.safeParse(input, { reportInput: true });
  if (read.success) return read.data;
  for (const issue of read.error.issues) {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys') {
      const { code, keys, message } = issue;
      context.issues.push({ code, keys, path, message, input: undefined });
    } else {
      const isWhole = path.length === 0;
      const message = isWhole ? 'false, or an object, {} for the defaults' : issue.message;
      context.issues.push({ code: 'custom', path, message, input: isWhole ? input : issue.input });
    }
  }
  return z.NEVER;
});

/** The schema of an app's `visitors`. */
export function visitors() {
  return section({
    cookie: cookieOrNone.default(false),
    gpc: mode().default('anonymous'),
    dnt: mode().default('full'),
    consent: section({
      category: z
        .union([category().transform((name) => [name]), list(category())], {
          error: 'a category of 1 to 200 characters, or a list of such',
        })
        .default([])
        .transform((names) => names.map((name) => name.toLowerCase())),
      whenDenied: mode().default('anonymous'),
      whenMissing: mode().default('full'),
    }),
  });
}
