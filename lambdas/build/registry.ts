import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { HourRange } from '../../core/arrival-hours.ts';
import type { Partition } from '../../core/layout.ts';
import { REGISTRY_KEY } from '../../core/registry.ts';
import { fromAttributes, toAttributes } from '../runtime/attributes.ts';
import {
  type HourRecord,
  newRecord,
  type PartitionRecord,
  partitionKey,
  type Touch,
} from './records.ts';

const WRITES_AT_ONCE = 16;
const ATTEMPTS = 5;

/** The registry of builds in DynamoDB: what was seen, what was built from what, who builds now. Reads are consistent. */
export class Registry {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** All arrival hours of raw_events that were ever listed, in order. */
  async hours(): Promise<HourRecord[]> {
    return (await this.#query(REGISTRY_KEY.raw, REGISTRY_KEY.hour(''))) as unknown as HourRecord[];
  }

  /** Those of the arrival hours from `from` to `to`, both included, that were ever listed, in order. */
  async hoursWithin({ from, to }: HourRange): Promise<string[]> {
    const items = await this.#queryRange(REGISTRY_KEY.raw, 'sk BETWEEN :from AND :to', {
      ':from': REGISTRY_KEY.hour(from),
      ':to': REGISTRY_KEY.hour(to),
    });
    return (items as unknown as HourRecord[]).map(({ hour }) => hour);
  }

  /** Stores what a listing found of an hour; what its scan found stays. */
  async putListing(listing: Omit<HourRecord, 'scanned_version' | 'scanned_at' | 'not_events'>) {
    await this.#set(REGISTRY_KEY.raw, REGISTRY_KEY.hour(listing.hour), { ...listing });
  }

  /** Stores that an hour's rows were counted, and of which version. */
  async putScan(hour: string, scan: { version: string; at: number; notEvents: number }) {
    await this.#set(REGISTRY_KEY.raw, REGISTRY_KEY.hour(hour), {
      scanned_version: scan.version,
      scanned_at: scan.at,
      not_events: scan.notEvents,
    });
  }

  /** Which arrival hours hold rows of which event days of the app; of one event day where it is given. */
  async touches(appId: string, eventDate = ''): Promise<Touch[]> {
    const prefix = REGISTRY_KEY.touch(eventDate, '');
    return (await this.#query(REGISTRY_KEY.app(appId), prefix)) as unknown as Touch[];
  }

  /** Writes touches, some at a time. */
  async putTouches(appId: string, touches: readonly Touch[]): Promise<void> {
    for (let start = 0; start < touches.length; start += WRITES_AT_ONCE) {
      const some = touches.slice(start, start + WRITES_AT_ONCE);
      await Promise.all(some.map((touch) => this.#putTouch(appId, touch)));
    }
  }

  /** All partitions of an app that were ever claimed. */
  async partitions(appId: string): Promise<PartitionRecord[]> {
    return (await this.#query(
      REGISTRY_KEY.app(appId),
      'PARTITION#',
    )) as unknown as PartitionRecord[];
  }

  /** One partition's record; undefined where it was never claimed. */
  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    const { Item: item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#table,
        Key: toAttributes({ pk: REGISTRY_KEY.app(partition.app_id), sk: partitionKey(partition) }),
        ConsistentRead: true,
      }),
    );
    return item === undefined ? undefined : (withoutKeys(item) as unknown as PartitionRecord);
  }

  /**
   * Changes a partition's record if nobody else did meanwhile, else looks at it again. `change` gets the record as it is
   * and returns the new one, or undefined to leave it.
   * @returns the record that stands now; undefined where `change` left it.
   */
  async change(
    partition: Partition,
    change: (record: PartitionRecord) => PartitionRecord | undefined,
  ): Promise<PartitionRecord | undefined> {
    let written: PartitionRecord | undefined;
    for (let attempt = 1; ; attempt++) {
      const current = (await this.partition(partition)) ?? newRecord(partition);
      // The write of the attempt before may have arrived although its answer did not.
      if (written !== undefined && isSame(written, current)) return written;
      const changed = change(current);
      if (changed === undefined) return undefined;
      const next = { ...changed, revision: current.revision + 1 };
      try {
        await this.#put(next, current.revision);
        return next;
      } catch (error) {
        written = next;
        if (!(error instanceof ConditionalCheckFailedException) || attempt === ATTEMPTS)
          throw error;
      }
    }
  }

  /** Counts one more publication: answers cached under the version before it are no longer used. */
  async countPublication(appId: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: toAttributes({ pk: REGISTRY_KEY.app(appId), sk: REGISTRY_KEY.version }),
        UpdateExpression: 'ADD #version :one',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toAttributes({ ':one': 1 }),
      }),
    );
  }

  /** Moves the app's settled_until to a later time (epoch ms). @returns false where it already stands later. */
  async settle(appId: string, until: number): Promise<boolean> {
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: toAttributes({ pk: REGISTRY_KEY.app(appId), sk: REGISTRY_KEY.version }),
          UpdateExpression: 'SET settled_until = :until',
          ConditionExpression: 'attribute_not_exists(settled_until) OR settled_until < :until',
          ExpressionAttributeValues: toAttributes({ ':until': until }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** Notes by `funnelKey` whose facts are built. Funnels that are not named keep what was noted of them. */
  async noteBuiltFunnels(appId: string, built: Readonly<Record<string, string>>): Promise<void> {
    const key = { pk: REGISTRY_KEY.app(appId), sk: REGISTRY_KEY.version };
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: toAttributes(key), ConsistentRead: true }),
    );
    const noted = Item?.built_funnels?.S ?? '{}';
    const now = JSON.stringify({ ...JSON.parse(noted), ...built });
    if (now === noted) return;
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: toAttributes(key),
        UpdateExpression: 'SET built_funnels = :now',
        ExpressionAttributeValues: toAttributes({ ':now': now }),
      }),
    );
  }

  async #putTouch(appId: string, touch: Touch): Promise<void> {
    const sk = REGISTRY_KEY.touch(touch.event_date, touch.hour);
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: toAttributes({ pk: REGISTRY_KEY.app(appId), sk, ...touch }),
      }),
    );
  }

  async #put(record: PartitionRecord, revision: number): Promise<void> {
    const key = { pk: REGISTRY_KEY.app(record.app_id), sk: partitionKey(record) };
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: toAttributes({ ...key, ...(record as unknown as Record<string, string>) }),
        ...(revision === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'revision = :revision',
              ExpressionAttributeValues: toAttributes({ ':revision': revision }),
            }),
      }),
    );
  }

  async #set(pk: string, sk: string, members: Readonly<Record<string, string | number>>) {
    const names = Object.keys(members);
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: toAttributes({ pk, sk }),
        UpdateExpression: `SET ${names.map((_, i) => `#n${i} = :v${i}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#n${i}`, name])),
        ExpressionAttributeValues: toAttributes(
          Object.fromEntries(Object.values(members).map((value, i) => [`:v${i}`, value])),
        ),
      }),
    );
  }

  #query(pk: string, prefix: string): Promise<Record<string, unknown>[]> {
    return this.#queryRange(pk, 'begins_with(sk, :prefix)', { ':prefix': prefix });
  }

  async #queryRange(
    pk: string,
    range: string,
    values: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: `pk = :pk AND ${range}`,
          ExpressionAttributeValues: toAttributes({ ':pk': pk, ...values }),
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
      );
      items.push(...(page.Items ?? []).map(withoutKeys));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return items;
  }
}

/** Members that are undefined are not stored. */
function isSame(written: PartitionRecord, read: PartitionRecord): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(written)), read);
}

function withoutKeys(item: Record<string, AttributeValue>): Record<string, unknown> {
  const { pk: _pk, sk: _sk, ...rest } = fromAttributes(item);
  return rest;
}
