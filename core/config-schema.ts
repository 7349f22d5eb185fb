import { z } from 'zod';
import { INTERNAL } from './channels.ts';
import { ENVELOPE, PERSON_KEY } from './columns.ts';
import type { Config } from './config.ts';
import { integer, list, oneOf, record, section, text, value } from './config-values.ts';
import type { FunnelDefinition } from './funnel.ts';
import { PERIODS } from './funnel-answer.ts';
import { compileFunnel, InvalidFunnelError } from './funnel-definition.ts';
import { privacySchema } from './privacy-schema.ts';
import { shownValue } from './shown-value.ts';
import { appSnowplow } from './snowplow-schema.ts';
import { dimensionSql } from './sql/funnel-context.ts';
import { attemptColumns, stepColumns } from './sql/funnels.ts';
import { UnquotableValueError } from './sql/quote.ts';
import { InvalidRangeError, timeZone } from './time-range.ts';
import { visitors } from './visitors-schema.ts';

/** A config that breaks rules. The message has one line a problem: where, what was got, what is allowed. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly problems: readonly string[];

  /** @param problems one line each. */
  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(`the config has ${count}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Days that CloudWatch Logs can keep logs. */
export const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

/** Columns that tables have anyway; a dimension may not take their name. */
const TAKEN_COLUMNS = new Set<string>([
  ...[...ENVELOPE, PERSON_KEY, ...stepColumns([]), ...attemptColumns([])].map(({ name }) => name),
  ...PERIODS,
  'event_date',
  'funnel',
  'run',
]);

/** As questions read it: +01:00 is a zone for Intl and none for them. */
function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string') return false;
  try {
    timeZone(name);
    return true;
  } catch (error) {
    if (error instanceof InvalidRangeError) return false;
    throw error;
  }
}

/** Whether statements can name a column so: facts have columns of their own, some of them numbered. */
function isColumnName(name: string): boolean {
  try {
    dimensionSql({ dimensions: [{ name, property: 'property' }] }, name);
    return true;
  } catch (error) {
    if (error instanceof UnquotableValueError) return false;
    throw error;
  }
}

/** Browsers send an origin as it is: https://*.shop.example would match none. */
function isOrigin(origin: unknown): boolean {
  if (origin === '*') return true;
  if (typeof origin !== 'string' || origin.includes('*')) return false;
  return URL.canParse(origin) && new URL(origin).origin === origin;
}

/** Stands for the funnel's own path in messages of its compiler, which does not know it. */
const HERE = '@';

/** Questions may ask for it, to compare with other engines. Whoever writes it into a config means something else. */
const NO_WINDOW = `${HERE}.window: got 0, in which events of one same instant alone would follow each other, allowed: 30m, 1h, 14d, P7D or milliseconds; 36525d where there is to be no limit`;

/** A funnel definition, by its compiler's rules. */
function funnel(): z.ZodType<FunnelDefinition> {
  return z.custom<FunnelDefinition>().superRefine((definition, context) => {
    try {
      const { window_ms } = compileFunnel(definition, HERE);
      if (window_ms === 0) throw new InvalidFunnelError(NO_WINDOW);
    } catch (error) {
      if (!(error instanceof InvalidFunnelError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });
}

function words(pattern: RegExp, allowed: string) {
  return list(text(pattern, allowed), 1).optional();
}

const CONDITIONS = ['sources', 'mediums', 'campaigns', 'referrers', 'parameters'];

/** A rule of channels without a condition would take every visit. */
const channelRule = record({
  channel: text(
    /^[a-z][a-z0-9_]{0,39}$/,
    'a lower-case letter, then letters, digits and _, at most 40 characters',
  ),
  sources: words(/^(?!$)[^*]{0,200}\*?$/u, '1 to 200 characters, a * at the end only'),
  mediums: words(/^(?!$)[^*]{0,200}\*?$/u, '1 to 200 characters, a * at the end only'),
  campaigns: words(/^(?!$)[^*]{0,200}\*?$/u, '1 to 200 characters, a * at the end only'),
  referrers: words(
    /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i,
    'a host without scheme, port, path and *, as pay.example: its subdomains are meant too',
  ),
  parameters: words(/^[^\s&=?#]{1,100}$/u, 'the name of a parameter, without =, & and ?'),
}).superRefine(({ channel, ...conditions }, context) => {
  const given = Object.keys(conditions);
  const issue = (message: string) => context.addIssue({ code: 'custom', message, input: given });
  if (given.length === 0) issue(`one of ${CONDITIONS.join(', ')} at least`);
  else if (channel === INTERNAL && given.some((name) => name !== 'referrers')) {
    issue(`referrers alone where the channel is ${INTERNAL}`);
  }
});

const app = record({
  id: text(
    /^[a-z][a-z0-9_-]{0,39}$/,
    'a lower-case letter, then letters, digits, _ and -, at most 40 characters',
  ),
  writeKeys: list(
    record({
      key: text(/^[A-Za-z0-9_-]{8,100}$/, '8 to 100 characters of A-Z, a-z, 0-9, _ and -'),
      kind: oneOf(['public', 'server']).default('public'),
    }),
  ),
  readKeys: list(
    record({
      name: text(/^.{1,100}$/u, '1 to 100 characters'),
      sha256: text(
        /^[0-9a-f]{64}$/,
        'SHA-256 of the key as 64 lower-case hex digits: npm run key makes one',
      ),
    }),
  ),
  unknownEvents: oneOf(['accept', 'refuse']).default('accept'),
  dimensions: list(
    record({
      name: value<string>(
        (name) =>
          typeof name === 'string' &&
          /^[a-z][a-z0-9_]{0,39}$/.test(name) &&
          !TAKEN_COLUMNS.has(name) &&
          isColumnName(name),
        'a lower-case letter, then letters, digits and _, at most 40 characters; no column that events or facts have anyway, nor a name that ends in _at or in _ and digits',
      ),
      property: value<string>(
        (property) =>
          typeof property === 'string' &&
          /^.{1,200}$/u.test(property) &&
          property.isWellFormed() &&
          !property.includes('\0'),
        '1 to 200 characters',
      ),
    }),
  ).default([]),
  funnels: list(funnel()).default([]),
  timeZone: value<string>(isTimeZone, 'an IANA time zone, as Europe/Berlin').default('UTC'),
  requestsPerSecond: integer(1, 100_000).default(1_000),
  origins: list(
    value<string>(isOrigin, 'an origin without a path, as https://shop.example, or * for all'),
    1,
    "a list of at least 1, as ['https://shop.example'], or no origins at all, which allows every page",
  ).default(['*']),
  channelRules: list(channelRule).default([]),
  privacy: privacySchema,
  visitors: visitors(),
  snowplow: appSnowplow(),
}).superRefine(({ origins, visitors: { cookie } }, context) => {
  if (cookie === false || cookie.sameSite !== 'None' || !origins.includes('*')) return;
  context.addIssue({
    code: 'custom',
    path: ['visitors', 'cookie', 'sameSite'],
    message:
      'Lax or Strict where origins is *; None where origins lists them, because any page could ask for the id of its visitor',
    input: cookie.sameSite,
  });
});

/** Paths of ours: a base path would hide them, or be hidden. */
const OWN_PATHS = [
  ...['/v1', '/health', '/robots.txt', '/sourceConfig', '/pixel', '/beacon'],
  '/com.snowplowanalytics.iglu',
];

function isBasePath(path: unknown): boolean {
  if (path === '/') return true;
  if (typeof path !== 'string' || !/^(\/[a-z0-9][a-z0-9_-]{0,39}){1,3}$/.test(path)) return false;
  return !OWN_PATHS.some((own) => path === own || path.startsWith(`${own}/`));
}

const collection = section({
  basePaths: list(
    value<string>(
      isBasePath,
      `/ or a path of up to three names of a-z, 0-9, _ and -, as /in, that begins with none of ${OWN_PATHS.join(', ')}`,
    ),
    1,
  ).default(['/', '/in']),
  snowplowPostPaths: list(
    text(
      /^(?!\/(?:v1|health|robots\.txt|sourceConfig|pixel|beacon|com\.snowplowanalytics\.iglu)(?:\/|$))(?:\/[A-Za-z0-9._~-]{1,100}){1,5}$/,
      `a path of letters, digits, ., _, ~ and -, as /com.acme/t1, that begins with none of ${OWN_PATHS.join(', ')}`,
    ),
  ).default([]),
  domain: record({
    name: text(
      /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      'a domain in lower case, as events.shop.example',
    ),
    certificateArn: text(
      /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
      'the ARN of a certificate in ACM, as arn:aws:acm:eu-central-1:123456789012:certificate/…',
    ),
  }).optional(),
});

const STREAM_MODES = "'on-demand', or 'provisioned' with shards";

const config = record({
  apps: list(app, 1),
  collection,
  stream: z
    .discriminatedUnion(
      'mode',
      [
        record({ mode: z.literal('on-demand') }),
        record({ mode: z.literal('provisioned'), shards: integer(1, 500) }),
      ],
      {
        error: ({ code }) =>
          code === 'invalid_union' ? STREAM_MODES : `an object with mode ${STREAM_MODES}`,
      },
    )
    .default({ mode: 'on-demand' }),
  delivery: section({
    bufferSeconds: integer(60, 900).default(300),
    bufferMiB: integer(64, 128).default(128),
  }),
  retention: section({
    rawDays: integer(1, 36_500).optional(),
    deadLetterDays: integer(1, 36_500).default(30),
    resultDays: integer(1, 36_500).default(7),
    logDays: oneOf<number>(LOG_DAYS).default(30),
    streamHours: integer(24, 8760).default(48),
  }),
  builds: section({
    concurrency: integer(1, 20).default(5),
    dedupWindowDays: integer(1, 30).default(7),
    keepRetiredHours: integer(1, 168).default(24),
  }),
  query: section({
    bytesLimit: integer(10_000_000, Number.MAX_SAFE_INTEGER).default(100_000_000_000),
    buildBytesLimit: integer(10_000_000, Number.MAX_SAFE_INTEGER).default(1_000_000_000_000),
    deadlineSeconds: integer(5, 29).default(25),
  }),
});

/**
 * Checks a config and fills in its defaults.
 * @throws InvalidConfigError that lists every problem: its path, the value got and what is allowed.
 */
export function parseConfig(input: unknown): Config {
  const result = config.safeParse(input, { reportInput: true });
  if (!result.success) throw new InvalidConfigError(result.error.issues.flatMap(describe));
  const parsed: Config = result.data;
  const problems = [...repetitions(parsed)];
  if (problems.length > 0) throw new InvalidConfigError(problems);
  return parsed;
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    return issue.keys.map((key) => {
      const best = nearest(key, known);
      const hint = best === undefined ? '' : `did you mean ${best}? `;
      return `${pathText([...issue.path, key])}: unknown key, ${hint}allowed: ${known.join(', ')}`;
    });
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === issue.discriminator) {
    // What zod gives is the object around it.
    const got = Object(issue.input)[String(issue.discriminator)];
    return [`${pathText(issue.path)}: got ${shownValue(got)}, allowed: ${issue.message}`];
  }
  if (issue.message.startsWith(HERE)) return [`${pathText(issue.path)}${issue.message.slice(1)}`];
  return [`${pathText(issue.path)}: got ${shownValue(issue.input)}, allowed: ${issue.message}`];
}

/** Path as people write it in code: apps[0].funnels[1].window. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return text.replace(/^\./, '') || 'config';
}

/** The known word that differs by the fewest edits, where that is few enough to be a slip. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      distance: edits(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, word.length / 3)
    ? best.candidate
    : undefined;
}

/** Levenshtein distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Names and keys that must be unique. A key over all apps, because it alone tells whose event or question it is. */
function* repetitions({ apps, collection }: Config): Generator<string> {
  for (const key of ['basePaths', 'snowplowPostPaths'] as const) {
    yield* repeated(collection[key].map((text, i) => ({ path: ['collection', key, i], text })));
  }
  yield* repeated(apps.map((app, i) => ({ path: ['apps', i, 'id'], text: app.id })));
  // An app id may be a write key of the same app, never of another one.
  yield* repeated(
    apps.flatMap((app, i) => [
      ...app.writeKeys.map(({ key }, j) => ({
        path: ['apps', i, 'writeKeys', j, 'key'],
        text: key,
      })),
      ...app.snowplow.appIds
        .map((text, j) => ({ path: ['apps', i, 'snowplow', 'appIds', j], text }))
        .filter(({ text }) => !app.writeKeys.some(({ key }) => key === text)),
    ]),
  );
  yield* furtherDefaults(apps);
  yield* repeated(
    apps.flatMap((app, i) =>
      app.readKeys.map(({ sha256 }, j) => ({
        path: ['apps', i, 'readKeys', j, 'sha256'],
        text: sha256,
      })),
    ),
  );
  for (const [i, app] of apps.entries()) {
    yield* repeated(
      app.dimensions.map(({ name }, j) => ({
        path: ['apps', i, 'dimensions', j, 'name'],
        text: name,
      })),
    );
    yield* repeated(
      app.funnels.map(({ name }, j) => ({ path: ['apps', i, 'funnels', j, 'name'], text: name })),
    );
  }
}

function* furtherDefaults(apps: Config['apps']): Generator<string> {
  const first = apps.findIndex(({ snowplow }) => snowplow.isDefault);
  for (const [i, { snowplow }] of apps.entries()) {
    if (snowplow.isDefault && i !== first) {
      yield `apps[${i}].snowplow.isDefault: got true, allowed: true for one app, and apps[${first}] has it`;
    }
  }
}

interface Placed {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

function* repeated(places: readonly Placed[]): Generator<string> {
  const first = new Map<string, string>();
  for (const { path, text } of places) {
    const at = pathText(path);
    const earlier = first.get(text);
    if (earlier === undefined) first.set(text, at);
    else yield `${at}: got ${shownValue(text)}, allowed: a value of its own, ${earlier} has it too`;
  }
}
