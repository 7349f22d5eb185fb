import { JSON_FILES, JSON_TRAPS, NAUGHTY_STRINGS, storable } from '../bad-input.ts';
import { askLake, type LakeRow } from './lake.ts';
import { removeStacks, startTestStack, type TestStack } from './stack.ts';

const MOST_IN_FLIGHT = 8;
const BATCH = 500;

interface Refused {
  readonly index: number;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly refused?: readonly Refused[];
}

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

/** Sends a body to its letter. A binary one reaches the function in base64, JSON as text where it is UTF-8. */
async function post(path: string, body: Buffer, type = 'application/json'): Promise<Answer> {
  const response = await fetch(`${stack.apiUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': type,
      authorization: `Basic ${Buffer.from('shop-server-key:').toString('base64')}`,
    },
    body: new Uint8Array(body),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** Runs all, a few at a time; the results are in the order of the items. */
async function each<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: MOST_IN_FLIGHT }, async () => {
      for (const [index, item] of queue) results[index] = await run(item);
    }),
  );
  return results;
}

/** JSON with every number as it is written, and what the documents say of it: beyond a double it is a string. */
function tree(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ) => unknown;
  return parse(text, (_key, value, { source }) => {
    if (typeof value === 'string') return storable(value);
    if (typeof value === 'number') return Number.isFinite(value) ? { number: source } : source;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return new Map(Object.entries(value).map(([key, member]) => [storable(key), member]));
  });
}

/** The JSON text of a value in ASCII only, as some clients write it. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns that are compared. */
const COLUMNS = [
  ...['group_id', 'event', 'message_id', 'user_id', 'anonymous_id', 'url', 'referrer'],
  ...['campaign', 'source', 'medium', 'properties', 'traits'],
];

/** Rows of a table, byte by byte: readers of text drop a mark at its beginning. */
async function rowsOf(table: string, columns: readonly string[]): Promise<LakeRow[]> {
  await stack.flush();
  const selected = columns.map((name) => `to_hex(to_utf8(${name})) AS ${name}`).join(', ');
  const rows = await askLake(stack, `SELECT ${selected} FROM ${table} WHERE dt >= '2026-01-01'`);
  const text = (hex: string | undefined) => hex && Buffer.from(hex, 'hex').toString();
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, hex]) => [name, text(hex)])),
  );
}

test.each([
  ['/v1/track', 'application/json'],
  ['/v1/batch', 'application/octet-stream'],
])(
  'each file of JSONTestSuite as a body of %s is refused with its reason, and kept',
  async (path, type) => {
    // Act
    const answers = await each(JSON_FILES, ({ bytes }) => post(path, bytes, type));
    // Assess
    const kept = await rowsOf('dead_letters', ['code', 'payload', 'request']);
    const letters = new Set(
      kept.map(({ code, payload, request }) => {
        const { path } = JSON.parse(request ?? '') as { path: string };
        return `${path} ${code} ${payload}`;
      }),
    );
    const wrong = JSON_FILES.filter(({ bytes }, index) => {
      const { status, code, detail } = answers[index] ?? {};
      // Of long texts a dead letter keeps the beginning.
      const text = storable(new TextDecoder().decode(bytes.subarray(0, 100 * 1024)));
      return status !== 400 || !detail || !letters.has(`${path} ${code} ${text}`);
    });
    expect(JSON_FILES).toHaveLength(318);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  },
);

test('each valid file of JSONTestSuite is stored to the letter as a value, or refused with its reason; no invalid one is accepted', async () => {
  // Prepare
  const place = (name: string, key: string) => {
    const [head, tail] = JSON.stringify({
      ...{ type: 'track', event: 'json', anonymousId: 'a', groupId: `json ${key} ${name}` },
      [key]: { value: '?' },
    }).split('"?"');
    return { head, tail };
  };
  const bodies = [...JSON_FILES, ...JSON_TRAPS].flatMap(({ name, bytes }) =>
    ['properties', 'traits', 'context'].map((key) => {
      const { head = '', tail = '' } = place(name, key);
      const call = Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
      return { name, key, call, value: memberOf(call.toString(), key) };
    }),
  );
  // Act
  const answers = await each(bodies, ({ key, call }) => {
    if (key === 'properties') return post('/v1/track', call);
    return post('/v1/batch', Buffer.concat([Buffer.from('{"batch":['), call, Buffer.from(',7]}')]));
  });
  // Assess
  const rows = byGroup(await rowsOf('raw_events', COLUMNS));
  const found = bodies.map(({ name, key }, index) => {
    const { status, code, refused = [] } = answers[index] ?? {};
    const row = rows.get(`json ${key} ${name}`);
    if (status !== 200)
      return { name, key, status, code: refused[0]?.code ?? code, stored: row !== undefined };
    const text = key === 'traits' ? row?.traits : row?.properties;
    const stored = text === undefined ? undefined : (tree(text) as Map<string, unknown>);
    const value = key === 'context' ? (stored?.get('_context') as Map<string, unknown>) : stored;
    return { name, key, status, value };
  });
  const refusals: Readonly<Record<string, string>> = {
    'i_structure_500_nested_arrays.json': 'invalid_event',
  };
  const expected = bodies.map(({ name, key, value }) => {
    const code = value === undefined ? 'invalid_json' : refusals[name];
    if (code !== undefined) return { name, key, status: 400, code, stored: false };
    // In the context null is the same as absent.
    const isAbsent = key === 'context' && (value as Map<string, unknown>).get('value') === null;
    return { name, key, status: 200, value: isAbsent ? undefined : value };
  });
  expect(found).toEqual(expected);
  const isValid = (prefix: string) =>
    new Set(
      bodies.filter(({ name }) => name.startsWith(prefix)).map(({ value }) => value !== undefined),
    );
  expect([isValid('y_'), isValid('n_')]).toEqual([new Set([true]), new Set([false])]);
});

/** What stands at a key of a body, as a tree; undefined where the body is no JSON. */
function memberOf(body: string, key: string): unknown {
  try {
    return (tree(body) as Map<string, unknown>).get(key);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function byGroup(rows: readonly LakeRow[]): Map<string | undefined, LakeRow> {
  return new Map(rows.map((row) => [row.group_id, row]));
}

type Sent = Readonly<Record<string, unknown>>;
/** What the lake should hold: columns; properties and traits as values. Or the pointer to what refuses the event. */
type Expected = Readonly<Record<string, unknown>> | { readonly refusedAt: string };

const track = { type: 'track', event: 'x', anonymousId: 'a' };
const column = (text: string) => (text === '' ? undefined : storable(text));
const id = (text: string) => (text.trim() === '' ? undefined : storable(text));
const object = (entries: object) => tree(JSON.stringify(entries));

/** Each place in which a naughty string is sent, and what becomes of it. */
const PLACES: Readonly<Record<string, (text: string) => readonly [Sent, Expected]>> = {
  event: (text) => [
    { ...track, event: text },
    text === '' || text.length > 256 ? { refusedAt: '/event' } : { event: storable(text) },
  ],
  property: (text) => [{ ...track, properties: { text } }, { properties: object({ text }) }],
  'property key': (text) => [
    { ...track, properties: { [text]: 1 } },
    text.length > 256 ? { refusedAt: '/properties' } : { properties: object({ [text]: 1 }) },
  ],
  trait: (text) => [
    { type: 'identify', anonymousId: 'a', traits: { text } },
    { event: 'identify', traits: object({ text }) },
  ],
  'user id': (text) => [
    { ...track, userId: text },
    text.length > 256 ? { refusedAt: '/userId' } : { user_id: id(text), anonymous_id: 'a' },
  ],
  'anonymous id': (text) => [
    { ...track, userId: 'u', anonymousId: text },
    text.length > 256 ? { refusedAt: '/anonymousId' } : { anonymous_id: id(text), user_id: 'u' },
  ],
  'message id': (text) => [
    { ...track, messageId: text },
    text.length > 100
      ? { refusedAt: '/messageId' }
      : { message_id: id(text) ?? expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/) },
  ],
  url: (text) => [{ ...track, context: { page: { url: text } } }, { url: column(text) }],
  referrer: (text) => [
    { ...track, context: { page: { referrer: text } } },
    { referrer: column(text) },
  ],
  campaign: (text) => [
    { ...track, context: { campaign: { name: text, source: text, medium: text } } },
    { campaign: column(text), source: column(text), medium: column(text) },
  ],
};

test.each([
  ['as clients write it', JSON.stringify],
  ['escaped to ASCII', asciiJson],
])(
  'each naughty string is stored to the letter in every place, or refused with its reason: JSON %s',
  async (form, write) => {
    // Prepare
    const cases = Object.entries(PLACES).flatMap(([place, make]) =>
      NAUGHTY_STRINGS.map((text, index) => {
        const groupId = `${form} ${place} ${index}`;
        const [sent, expected] = make(text);
        return { text, groupId, call: { ...sent, groupId }, expected };
      }),
    );
    const batches = Array.from({ length: Math.ceil(cases.length / BATCH) }, (_, i) =>
      cases.slice(i * BATCH, (i + 1) * BATCH),
    );
    // Act
    const answers = await each(batches, (batch) =>
      post('/v1/batch', Buffer.from(write({ batch: batch.map(({ call }) => call) }))),
    );
    // Assess
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const refused = new Map(
      answers.flatMap(({ refused: list = [] }, i) =>
        list.map((entry) => [i * BATCH + entry.index, entry] as const),
      ),
    );
    const rows = byGroup(await rowsOf('raw_events', COLUMNS));
    const found = cases.map(({ groupId, text, expected }, index): object => {
      const refusal = refused.get(index);
      const row = rows.get(groupId);
      if (refusal) return { groupId, text, refusedAt: refusal.pointer, stored: row !== undefined };
      const parsed = row && {
        ...row,
        properties: row.properties && tree(row.properties),
        traits: row.traits && tree(row.traits),
      };
      const columns = Object.keys(expected).map((name) => [
        name,
        (parsed as Sent | undefined)?.[name],
      ]);
      return { groupId, text, stored: row !== undefined, ...Object.fromEntries(columns) };
    });
    expect(found).toEqual(
      cases.map(({ groupId, text, expected }) => ({
        groupId,
        text,
        stored: !('refusedAt' in expected),
        ...expected,
      })),
    );
    for (const { message } of refused.values())
      expect(message).toMatch(/at (most|least) (\d+|one)/);
  },
);

test('the builds take all of it, and questions read its properties', async () => {
  // Act
  const built = await stack.build();
  // Assess
  const count = (table: string, day: string) =>
    askLake(
      stack,
      `SELECT count(DISTINCT message_id) AS messages,
         count(json_extract_scalar(properties, '$.value')) + count(json_extract(traits, '$.value')) > 0 AS readable
       FROM ${table} WHERE app_id = 'shop' AND ${day} >= '2026-01-01'`,
    );
  const [raw, events] = [await count('raw_events', 'dt'), await count('events', 'event_date')];
  expect(built).toMatchObject({ finished: { failed: 0 } });
  expect(Number(raw[0]?.messages)).toBeGreaterThan(10_000);
  expect(events).toEqual([{ ...raw[0], readable: 'true' }]);
});
