import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { ReconciledHour } from '../../core/reconciliation.ts';
import { REGISTRY_KEY } from '../../core/registry.ts';
import { toAttributes } from '../runtime/attributes.ts';
import { registryRange } from '../runtime/registry-range.ts';

const WRITES_AT_ONCE = 16;

/** What reconcile reads and keeps in the registry. Reads are consistent. */
export class ReconciledHours {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** Hours of receipt of an app that were counted before, from one hour on. */
  async from(app: string, hour: string): Promise<ReconciledHour[]> {
    // A tilde sorts behind all signs of an hour.
    const range = [REGISTRY_KEY.reconciled(hour), `${REGISTRY_KEY.reconciled('')}~`] as const;
    const items = await this.#query(REGISTRY_KEY.app(app), range);
    return items as unknown as ReconciledHour[];
  }

  /** Keeps what hours of an app came to. */
  async put(app: string, hours: readonly ReconciledHour[]): Promise<void> {
    for (let start = 0; start < hours.length; start += WRITES_AT_ONCE) {
      const some = hours.slice(start, start + WRITES_AT_ONCE);
      await Promise.all(some.map((hour) => this.#put(app, hour)));
    }
  }

  /** Arrival hours of raw_events that builds have seen, from one hour on. */
  async arrivalHours(from: string): Promise<Set<string>> {
    const range = [REGISTRY_KEY.hour(from), `${REGISTRY_KEY.hour('')}~`] as const;
    const items = await this.#query(REGISTRY_KEY.raw, range);
    return new Set(items.map(({ hour }) => String(hour)));
  }

  /** Days on which events of an app happened that arrived in the hours from one on: the partitions of `events` they are in. */
  async eventDates(app: string, fromHour: string): Promise<string[]> {
    const prefix = REGISTRY_KEY.touch('', '');
    const items = await this.#query(REGISTRY_KEY.app(app), [prefix, `${prefix}~`]);
    const touched = items.filter(({ hour, rows }) => String(hour) >= fromHour && Number(rows) > 0);
    return [...new Set(touched.map(({ event_date }) => String(event_date)))].sort();
  }

  /** Epoch ms: every event of the app that was received before it is in the facts. Undefined before the first build. */
  async settledUntil(app: string): Promise<number | undefined> {
    const { Item: item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#table,
        Key: toAttributes({ pk: REGISTRY_KEY.app(app), sk: REGISTRY_KEY.version }),
        ConsistentRead: true,
      }),
    );
    return item?.settled_until?.N === undefined ? undefined : Number(item.settled_until.N);
  }

  async #put(app: string, hour: ReconciledHour): Promise<void> {
    const key = { pk: REGISTRY_KEY.app(app), sk: REGISTRY_KEY.reconciled(hour.hour) };
    await this.#client.send(
      new PutItemCommand({ TableName: this.#table, Item: toAttributes({ ...key, ...hour }) }),
    );
  }

  #query(
    pk: string,
    range: readonly [first: string, last: string],
  ): Promise<Record<string, unknown>[]> {
    return registryRange(this.#client, this.#table, pk, range);
  }
}
