import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ENVELOPE } from '../../core/columns.ts';

/** Trino's json_extract_scalar, which takes paths as $.key and $["key"], for statements that run in DuckDB. */
const JSON_EXTRACT_SCALAR = `CREATE MACRO json_path(p) AS
  CASE WHEN p LIKE '$[%' THEN '$.' || substring(p, 3, length(p) - 3) ELSE p END;
CREATE MACRO json_extract_scalar(j, p) AS
  CASE WHEN json_type(j, json_path(p)) IN ('OBJECT', 'ARRAY') THEN NULL
  ELSE json_extract_string(j, json_path(p)) END;`;

const DUCKDB_TYPES = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
} as const;

/** An event of a test: any columns of \`events\`; person_key and event_date are worked out where they are not given. */
export interface TestEvent {
  /** Null: nobody's, of a visitor who stays anonymous. */
  readonly person: number | null;
  readonly event: string;
  readonly event_at: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly is_bot?: boolean;
  readonly channel?: string;
  readonly device?: string;
}

/** DuckDB with a table \`events\`, on which the product's own statements run. */
export interface FunnelEngine {
  /** Replaces all events. */
  load(events: readonly TestEvent[], appId: string): Promise<void>;
  rows(statement: string): Promise<Record<string, unknown>[]>;
  run(statement: string): Promise<void>;
  close(): void;
}

/** Starts an empty engine in memory. */
export async function startEngine(): Promise<FunnelEngine> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  // It takes 2^n as long for n windows one after the other; the local Athena breaks such chains (local/athena/materialize.ts).
  await connection.run("SET disabled_optimizers = 'filter_pushdown'");
  await connection.run(JSON_EXTRACT_SCALAR);
  const columns = ENVELOPE.map(({ name, type }) => `"${name}" ${DUCKDB_TYPES[type]}`);
  await connection.run(
    `CREATE TABLE events (${columns.join(', ')}, person_key BIGINT, event_date VARCHAR)`,
  );
  return {
    load: (events, appId) => load(connection, events, appId),
    rows: async (statement) =>
      (await connection.runAndReadAll(statement)).getRowObjects() as Record<string, unknown>[],
    run: async (statement) => {
      await connection.run(statement);
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function load(
  connection: DuckDBConnection,
  events: readonly TestEvent[],
  appId: string,
): Promise<void> {
  await connection.run('DELETE FROM events');
  if (events.length === 0) return;
  const rows = events.map(({ person, properties, traits, ...event }, i) => ({
    ...event,
    message_id: `m${i}`,
    app_id: appId,
    type: 'track',
    ...envelopeValues(properties ?? {}),
    properties: properties === undefined ? null : JSON.stringify(properties),
    traits: traits === undefined ? null : JSON.stringify(traits),
    is_bot: event.is_bot ?? false,
    person_key: person,
    event_date: new Date(event.event_at).toISOString().slice(0, 10),
  }));
  const names = [...ENVELOPE.map(({ name }) => name), 'person_key', 'event_date'];
  const types = new Map<string, string>(
    ENVELOPE.map(({ name, type }) => [name, DUCKDB_TYPES[type]]),
  );
  const read = names.map((name) => {
    const text = `json_extract_string(r, '$."${name}"')`;
    return `CAST(${text} AS ${types.get(name) ?? (name === 'person_key' ? 'BIGINT' : 'VARCHAR')})`;
  });
  const json = JSON.stringify(rows).replaceAll("'", "''");
  await connection.run(
    `INSERT INTO events SELECT ${read.join(', ')} FROM (SELECT unnest(CAST('${json}' AS JSON[])) AS r)`,
  );
}

/** Properties that are columns of the envelope stand there in the product. */
function envelopeValues(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = new Set(ENVELOPE.filter(({ type }) => type === 'string').map(({ name }) => name));
  const fixed = ['message_id', 'app_id', 'type', 'event', 'properties', 'traits'];
  return Object.fromEntries(
    Object.entries(properties).filter(
      ([key, value]) => names.has(key) && !fixed.includes(key) && typeof value !== 'object',
    ),
  );
}
