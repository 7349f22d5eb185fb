import { seededRandom } from '../../../cli/sample/random.ts';
import { parseConfig } from '../../../core/config-schema.ts';
import { collect } from '../../../lambdas/collect/collect.ts';
import { createCollector } from '../../../lambdas/collect/collector.ts';
import { PLACEHOLDERS } from '../../../lambdas/collect/privacy/redactor.ts';
import type { Sinks } from '../../../lambdas/collect/sinks.ts';
import { OTHER_VALUES } from './other-values.ts';
import { PERSONAL_VALUES } from './personal-values.ts';

/** What became of the values of one kind. */
export interface PiiRow {
  readonly name: string;
  /** Whether they are personal data. */
  readonly isPersonal: boolean;
  values: number;
  /** Replaced by the placeholder of their kind, and nothing else. */
  exact: number;
  /** Gone, but by another kind's placeholder or with some of what stands around. */
  otherwise: number;
  /** Some that were missed, or taken though they are nobody's. */
  readonly wrong: string[];
  readonly mostPercent: number;
}

const KEY = 'pii-report-key';
const EVENTS_A_REQUEST = 200;

/** Where a value stands in an event: in a property, a sentence, a URL's parameter, JSON in a string. */
const PLACES: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `Customer wrote: ${value}, please check`,
  (value) => `https://shop.example/p?ref=${encodeURIComponent(value)}&step=2`,
  (value) => JSON.stringify({ form: { fields: ['x', value] } }),
];

interface Slot {
  readonly row: PiiRow;
  readonly value: string;
  readonly sent: string;
  /** What is to be stored. */
  readonly wanted: string;
}

/**
 * Sends so many values of each kind in turn through collect, four an event, one in each kind of place, and looks at what is
 * stored. The same for the same number.
 */
export async function measurePii(values: number): Promise<readonly PiiRow[]> {
  const config = parseConfig({ apps: [{ id: 'shop', writeKeys: [{ key: KEY }], readKeys: [] }] });
  const collector = createCollector(config);
  const route = collector.routes.of('POST', '/v1/batch');
  const random = seededRandom('pii');
  const kinds = [...PERSONAL_VALUES, ...OTHER_VALUES];
  const rows = kinds.map((kind): PiiRow => {
    const isPersonal = 'kind' in kind;
    const mostPercent = isPersonal ? 0 : kind.mostPercent;
    return {
      name: kind.name,
      isPersonal,
      values: 0,
      exact: 0,
      otherwise: 0,
      wrong: [],
      mostPercent,
    };
  });
  let made = 0;
  while (made < values) {
    const slots: Slot[] = [];
    while (slots.length < EVENTS_A_REQUEST * PLACES.length && made < values) {
      const index = made % kinds.length;
      const [kind, row] = [kinds[index]!, rows[index]!];
      const value = kind.make(random);
      // Each kind comes to each place.
      const place = PLACES[(slots.length + Math.floor(made / kinds.length)) % PLACES.length]!;
      const wanted =
        'kind' in kind
          ? place('\0').replace(/%00|\\u0000|\0/, PLACEHOLDERS[kind.kind])
          : place(value);
      slots.push({ row, value, sent: place(value), wanted });
      made++;
    }
    const batch = [];
    for (let i = 0; i < slots.length; i += PLACES.length) {
      const [a, b, c, d] = slots.slice(i, i + PLACES.length).map(({ sent }) => sent);
      batch.push({
        type: 'track',
        event: 'Form Sent',
        messageId: `ajs-next-1795284020615-${i}`,
        anonymousId: 'ae5b12fe-4883-4666-8e53-5e1eab76bf54',
        timestamp: '2026-11-21T18:00:20.615Z',
        properties: { a, b, c, d, price: 12.5 },
        context: { page: { path: '/form', title: 'Form' }, library: { name: 'analytics.js' } },
      });
    }
    const stored: string[] = [];
    const sinks: Sinks = {
      store: async (lines) => {
        stored.push(...lines.map(({ json }) => json));
      },
    };
    const request = {
      method: 'POST',
      path: '/v1/batch',
      authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`,
      body: JSON.stringify({ batch }),
      isBase64Encoded: false,
      receivedAt: Date.UTC(2026, 10, 21, 18, 0, 30),
    };
    await collect(request, route, collector, sinks);
    judge(slots, stored);
  }
  return rows;
}

function judge(slots: readonly Slot[], stored: readonly string[]): void {
  for (const [i, json] of stored.entries()) {
    const { properties } = JSON.parse(json) as { properties: string };
    const { a, b, c, d } = JSON.parse(properties) as Record<string, string>;
    for (const [j, got] of [a, b, c, d].entries()) {
      const slot = slots[i * PLACES.length + j];
      if (slot) count(slot, got ?? '');
    }
  }
}

function count({ row, value, sent, wanted }: Slot, got: string): void {
  row.values++;
  if (got === wanted) row.exact++;
  else if (row.isPersonal && got !== sent && !holdsPart(got, value)) row.otherwise++;
  else if (row.wrong.length < 5) row.wrong.push(`${sent} → ${got}`);
}

/** Values that were missed, or taken though they are nobody's. */
export function wrongOf({ values, exact, otherwise }: PiiRow): number {
  return values - exact - otherwise;
}

/** Whether a kind is below its bar, chance left out: three times the deviation of a count that small. */
export function isBelowBar(row: PiiRow): boolean {
  const most = (row.mostPercent * row.values) / 100;
  return wrongOf(row) > most + 3 * Math.sqrt(most);
}

/** Whether four characters in a row of the value are left. */
function holdsPart(got: string, value: string): boolean {
  const rest = decodeURIComponent(got.replace(/%(?![\da-f]{2})/gi, '%25'));
  for (let i = 0; i + 4 <= value.length; i++) if (rest.includes(value.slice(i, i + 4))) return true;
  return false;
}
