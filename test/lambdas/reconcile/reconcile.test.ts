import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { hourMs } from '../../../core/arrival-hours.ts';
import type { Sql } from '../../../core/sql/quote.ts';
import {
  type DoorCounts,
  type DoorHours,
  NO_DOOR_COUNTS,
} from '../../../lambdas/reconcile/door.ts';
import { type ReconcileContext, reconcile } from '../../../lambdas/reconcile/reconcile.ts';
import { ReconciledHours } from '../../../lambdas/reconcile/registry.ts';
import type { ResultRow } from '../../../lambdas/runtime/athena.ts';
import { DynamoDb } from '../../../local/dynamodb/dynamodb.ts';
import { resource, startStack, temporaryFolder } from '../../local/gateway/local-stack.ts';

const HOUR = '2026-11-21T18';
const HOUR_MS = 3_600_000;
const TABLE = 'registry';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let dynamodb: DynamoDb;
let stack: Awaited<ReturnType<typeof startStack>>;
let client: DynamoDBClient;

beforeEach(async () => {
  temporary = await temporaryFolder();
  dynamodb = new DynamoDb(join(temporary.folder, 'dynamodb'));
  stack = await startStack({ services: [dynamodb.service] });
  await dynamodb.resources['AWS::DynamoDB::Table']!.create(
    resource('AWS::DynamoDB::Table', TABLE, {
      TableName: TABLE,
      AttributeDefinitions: ['pk', 'sk'].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  client = new DynamoDBClient(stack.client);
});
afterEach(async () => {
  client.destroy();
  await stack.close();
  await dynamodb.close();
  await temporary.remove();
});

/** What the tables hold of the hour. */
interface Held {
  readonly events?: readonly ResultRow[];
  readonly letters?: readonly ResultRow[];
}

const held = (counts: Readonly<Record<string, number>>, hour = HOUR): ResultRow => ({
  app_id: 'shop',
  hour_start: hourMs(hour),
  ...counts,
});

function doorOf(counts: Partial<DoorCounts>, hour = HOUR): DoorHours {
  return new Map([[hour, { ...NO_DOOR_COUNTS, ...counts }]]);
}

/** A run so many hours after the end of the hour. */
async function run(
  hoursAfter: number,
  door: DoorHours,
  lake: (statement: Sql) => Held,
  more: Partial<ReconcileContext> = {},
) {
  const statements: Sql[] = [];
  const warnings: string[] = [];
  const hours = new ReconciledHours(client, TABLE);
  const result = await reconcile({
    apps: ['shop'],
    dedupWindowDays: 7,
    hours,
    door: async () => new Map([['shop', door]]),
    doorLines: async () => new Map(),
    waitingLetters: async () => [],
    run: async (statement) => {
      statements.push(statement);
      const { events = [], letters = [] } = lake(statement);
      return { rows: /FROM dead_letters/.test(statement) ? letters : events, bytesScanned: 1 };
    },
    now: () => hourMs(HOUR) + (1 + hoursAfter) * HOUR_MS,
    warn: (message) => warnings.push(message),
    ...more,
  });
  return { result, statements, warnings, kept: await hours.from('shop', '2026-11-01T00') };
}

/** Says that everything received before is in the facts, so many hours after the end of the hour. */
async function settle(hoursAfter: number): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: { pk: { S: 'APP#shop' }, sk: { S: 'VERSION' } },
      UpdateExpression: 'SET settled_until = :until',
      ExpressionAttributeValues: {
        ':until': { N: String(hourMs(HOUR) + (1 + hoursAfter) * HOUR_MS) },
      },
    }),
  );
}

describe('an idle deployment', () => {
  it('asks nothing of Athena', async () => {
    const { result, statements } = await run(1, new Map(), () => ({}));

    expect(statements).toEqual([]);
    expect(result).toMatchObject({ counted: 0, apps: [{ missing: 0 }] });
  });

  it('asks nothing more once an hour is settled and adds up', async () => {
    await settle(1);
    const door = doorOf({ accepted: 2 });
    await run(1, door, () => ({ events: [held({ stored: 2 })] }));

    const again = await run(2, door, () => ({}));

    expect(again.statements).toEqual([]);
    expect(again.kept).toMatchObject([{ hour: HOUR, state: 'settled', stored: 2, missing: 0 }]);
  });
});

describe('an hour', () => {
  it('is open until the builds say that all of it is in the facts, and the door had time to count', async () => {
    const door = doorOf({ accepted: 2 });
    const lake = () => ({ events: [held({ stored: 1 })] });
    const before = await run(0.1, door, lake);
    await settle(0);
    const early = await run(0.2, door, lake);
    const late = await run(0.5, door, lake);

    expect(before.kept).toMatchObject([{ state: 'open', in_flight: 1, missing: 0 }]);
    expect(early.kept).toMatchObject([{ state: 'open', in_flight: 1, missing: 0 }]);
    expect(late.kept).toMatchObject([{ state: 'settled', in_flight: 0, missing: 1 }]);
    expect(late.warnings).toEqual(['an hour does not add up: events are missing']);
  });

  it('stays open as long as dead letters of it wait for their delivery stream', async () => {
    await settle(2);
    const door = doorOf({ refused_at_door: 1 });
    const waiting = { waitingLetters: async () => [hourMs(HOUR) + 10_000] };
    const before = await run(2, door, () => ({}), waiting);
    const after = await run(3, door, () => ({ letters: [held({ refused: 1 })] }));

    expect(before.kept).toMatchObject([{ state: 'open', in_flight: 1 }]);
    expect(after.kept).toMatchObject([{ state: 'settled', refused: 1, missing: 0 }]);
  });

  it('that lacks something is counted again for three days, and no longer', async () => {
    await settle(1);
    const door = doorOf({ accepted: 2 });
    await run(1, door, () => ({}));
    const later = await run(70, door, () => ({}));
    const tooLate = await run(80, door, () => ({}));

    expect(later.statements).toHaveLength(2);
    expect(tooLate.statements).toEqual([]);
    expect(tooLate.result.apps).toMatchObject([{ missing: 0 }]);
  });

  it('that is open is counted for two weeks', async () => {
    const door = doorOf({ accepted: 2 });
    await run(1, door, () => ({}));

    expect((await run(13 * 24, door, () => ({}))).statements).toHaveLength(2);
  });

  it('is counted again when its counts at the door have grown', async () => {
    await settle(1);
    await run(1, doorOf({ accepted: 2 }), () => ({ events: [held({ stored: 2 })] }));
    const grown = await run(2, doorOf({ accepted: 2, redriven: 1 }), () => ({
      letters: [held({ redriven: 1 })],
      events: [held({ stored: 3 })],
    }));

    expect(grown.kept).toMatchObject([{ redriven: 1, stored: 3, missing: 0, surplus: 0 }]);
  });

  it('is open again after a redrive, until the builds have taken what was sent', async () => {
    await settle(1);
    await run(1, doorOf({ refused_at_door: 2 }), () => ({ letters: [held({ refused: 2 })] }));
    const letters = [held({ refused: 2, redriven: 2 })];
    const door = doorOf({ refused_at_door: 2, redriven: 2 });
    const sent = await run(2, door, () => ({ letters }));
    await settle(1.9);
    const arrived = await run(2.9, door, () => ({ letters, events: [held({ unbuilt: 2 })] }));
    await settle(2.5);
    const built = await run(3.9, door, () => ({ letters, events: [held({ stored: 2 })] }));
    const later = await run(4.9, door, () => ({}));

    expect(sent.kept).toMatchObject([{ state: 'open', in_flight: 2, missing: 0 }]);
    expect(sent.warnings).toEqual([]);
    expect(arrived.kept).toMatchObject([{ state: 'open', in_flight: 2, missing: 0 }]);
    expect(built.kept).toMatchObject([{ state: 'settled', stored: 2, in_flight: 0, missing: 0 }]);
    expect(later.statements).toEqual([]);
  });

  it('lacks what was sent again and is not there once the builds had time for it', async () => {
    await settle(1);
    const door = doorOf({ redriven: 2 });
    await run(1, doorOf({ accepted: 1 }), () => ({ events: [held({ stored: 1 })] }));
    const lake = () => ({ letters: [held({ redriven: 2 })] });
    await run(2, door, lake);
    await settle(2.5);

    expect((await run(3, door, lake)).kept).toMatchObject([{ state: 'settled', missing: 2 }]);
  });

  it('counts what was sent again by its letters, however often the log says it', async () => {
    await settle(1);
    const lake = () => ({ letters: [held({ redriven: 2 })], events: [held({ stored: 2 })] });
    await run(1, doorOf({ redriven: 4 }), lake);
    await settle(2.5);
    const built = await run(3, doorOf({ redriven: 6 }), lake);
    await settle(3.5);
    const later = await run(4, doorOf({ redriven: 6 }), lake);

    expect(built.kept).toMatchObject([{ state: 'open', redriven: 2, in_flight: 0 }]);
    expect(later.kept).toMatchObject([{ state: 'settled', redriven: 2, missing: 0, surplus: 0 }]);
    expect([...built.warnings, ...later.warnings]).toEqual([]);
  });

  it('is open again where the notes of a redrive are there before its metric', async () => {
    await settle(1);
    const door = doorOf({ accepted: 2 });
    await run(1, door, () => ({ events: [held({ stored: 1 })] }));
    const noted = await run(2, door, () => ({
      letters: [held({ redriven: 1 })],
      events: [held({ stored: 1 })],
    }));

    expect(noted.kept).toMatchObject([{ state: 'open', in_flight: 2, missing: 0 }]);
  });

  it('with more than was acknowledged is told, and missing is nothing', async () => {
    await settle(1);
    const { kept, warnings } = await run(1, doorOf({ accepted: 2 }), () => ({
      events: [held({ stored: 2, duplicate: 1 })],
    }));

    expect(kept).toMatchObject([{ missing: 0, surplus: 1 }]);
    expect(warnings).toEqual(['an hour does not add up: more is stored than was acknowledged']);
  });
});

describe('a repeat whose first is not found', () => {
  const days = (statement: Sql) =>
    new Set(/event_date IN \(([^)]*)\)/.exec(statement)?.[1]?.split(', ')).size;

  it('is looked for on all days of the dedup window before it is called missing', async () => {
    await settle(1);
    const { statements, kept } = await run(1, doorOf({ accepted: 2 }), (statement) => ({
      events: [held(days(statement) > 2 ? { stored: 1, duplicate: 1 } : { stored: 1, unbuilt: 1 })],
    }));

    expect(statements.slice(1).map(days)).toEqual([2, 8]);
    expect(kept).toMatchObject([{ duplicate: 1, unbuilt: 0, missing: 0 }]);
  });

  it('is on its way as long as the hour is open', async () => {
    const { statements, kept } = await run(0.1, doorOf({ accepted: 2 }), () => ({
      events: [held({ stored: 1, unbuilt: 1 })],
    }));

    expect(statements).toHaveLength(2);
    expect(kept).toMatchObject([{ in_flight: 1, unbuilt: 1 }]);
  });
});

describe('a line that CloudWatch counted twice', () => {
  const door = doorOf({ accepted: 4 });
  const lake = () => ({ events: [held({ stored: 2 })] });
  const lines = { accepted: 2, refused_at_door: 0, declined: 0 };
  const doorLines = async () => new Map([['shop', new Map([[HOUR, lines]])]]);

  it('is no loss: the lines themselves are asked before anything is called missing', async () => {
    await settle(1);
    const first = await run(1, door, lake, { doorLines });
    const next = await run(2, door, lake, { doorLines });

    expect(first.kept).toMatchObject([{ accepted: 2, received: 2, missing: 0 }]);
    expect(first.warnings).toEqual([]);
    expect(next.statements).toEqual([]);
  });

  it('is called missing where the lines cannot be asked: an alarm that may be wrong is better than none', async () => {
    await settle(1);
    const failing = { doorLines: () => Promise.reject(new Error('throttled')) };
    const { kept, warnings } = await run(1, door, lake, failing);

    expect(kept).toMatchObject([{ accepted: 4, missing: 2 }]);
    expect(warnings).toContain('the lines of the door cannot be asked: the metrics count');
  });

  it('does not hide what is missing besides', async () => {
    await settle(1);
    const { kept } = await run(1, door, () => ({ events: [held({ stored: 1 })] }), { doorLines });

    expect(kept).toMatchObject([{ accepted: 2, missing: 1 }]);
  });

  it('is not asked for while the hour is open', async () => {
    const failing = { doorLines: () => Promise.reject(new Error('asked')) };

    expect((await run(0.1, door, lake, failing)).warnings).toEqual([]);
  });
});
