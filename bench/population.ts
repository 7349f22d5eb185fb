import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ENVELOPE } from '../core/columns.ts';

/** Days that the made events cover, from 2026-01-01 UTC. */
export const DAYS = 30;
/** Epoch ms of the first event day. */
export const FROM = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
/** The six steps of the benchmark's funnel. */
export const STEPS = ['home', 'search', 'product', 'cart', 'payment', 'confirmation'] as const;

/** What a column of the envelope holds in a made event; columns that are not named are NULL. */
const VALUES: Readonly<Record<string, string>> = {
  message_id: "md5('m' || i)",
  app_id: "'bench'",
  type: "'track'",
  event: 'event',
  anonymous_id: "md5('u' || person)",
  event_at: 'moment',
  received_at: 'moment + 700',
  sent_at: 'moment + 300',
  url: "'https://shop.example/' || event || '?item=' || (i % 5000)",
  path: "'/' || event",
  referrer:
    "CASE i % 3 WHEN 0 THEN 'https://www.google.com/' WHEN 1 THEN 'https://shop.example/' END",
  channel:
    "CASE person % 4 WHEN 0 THEN 'search' WHEN 1 THEN 'direct' WHEN 2 THEN 'email' ELSE 'social' END",
  device: "CASE WHEN person % 3 = 0 THEN 'desktop' ELSE 'mobile' END",
  browser: "CASE person % 5 WHEN 0 THEN 'Firefox' WHEN 1 THEN 'Safari' ELSE 'Chrome' END",
  os: "CASE person % 3 WHEN 0 THEN 'Windows' WHEN 1 THEN 'iOS' ELSE 'Android' END",
  country: "CASE person % 6 WHEN 0 THEN 'DE' WHEN 1 THEN 'FR' WHEN 2 THEN 'GB' ELSE 'US' END",
  is_bot: 'false',
  properties:
    "'{\"plan\":\"' || CASE person % 2 WHEN 0 THEN 'free' ELSE 'pro' END || '\",\"position\":' || (i % 17) || '}'",
  anonymous_key: "CAST(hash('u' || person) >> 1 AS BIGINT)",
};

/**
 * Writes a made population as raw events, one Parquet file a day, in the layout of the lake. Deterministic: an event is a
 * function of its person and number. One person for fifty events; how many events a person has is Lomax distributed (alpha
 * 1.2, at most 20,000), so that most have a few and some have thousands. Sessions of up to eight events, a minute apart; about
 * one event in seven is a step of the funnel; 15 % of the times are whole seconds, so that ties happen.
 * @param folder of the lake bucket.
 * @param events how many, about: the cap takes some.
 */
export async function writePopulation(folder: string, events: number): Promise<void> {
  rmSync(join(folder, 'raw'), { recursive: true, force: true });
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`CREATE TABLE made AS ${madeEvents(Math.ceil(events * 0.02))}`);
  const columns = ENVELOPE.map(({ name, type }) => {
    const value = VALUES[name] ?? 'NULL';
    return `CAST(${value} AS ${type === 'string' ? 'VARCHAR' : type.toUpperCase()}) AS "${name}"`;
  });
  for (let day = 0; day < DAYS; day += 1) {
    const start = FROM + day * DAY_MS;
    const part = join(folder, 'raw', `dt=${new Date(start).toISOString().slice(0, 10)}`, 'hour=23');
    mkdirSync(part, { recursive: true });
    await connection.run(`
      COPY (
        SELECT ${columns.join(', ')} FROM made
        WHERE moment >= ${start} AND moment < ${start + DAY_MS} ORDER BY moment
      ) TO '${join(part, 'part-0.parquet')}' (FORMAT parquet, COMPRESSION snappy)`);
  }
  connection.closeSync();
}

/** Every event's number, person, name and time. Hashes of different salts stand for random numbers. */
function madeEvents(people: number): string {
  const random = (salt: string, of: string) => `((hash('${salt}' || ${of}) % 1000000) / 1000000.0)`;
  return `
    SELECT i, person,
      CASE
        WHEN pick < 0.060 THEN 'home' WHEN pick < 0.095 THEN 'search' WHEN pick < 0.118 THEN 'product'
        WHEN pick < 0.130 THEN 'cart' WHEN pick < 0.136 THEN 'payment' WHEN pick < 0.139 THEN 'confirmation'
        ELSE 'event_' || CAST(floor(pick * 45) AS INTEGER) END AS event,
      CASE WHEN i % 20 < 3 THEN exact - exact % 1000 ELSE exact END AS moment
    FROM (
      SELECT i, person, ${random('pick', 'i')} AS pick,
        CAST(${FROM} + ${random('at', '(person * 2500 + k // 8)')} * ${DAYS * DAY_MS - 1_800_000}
          + (k % 8 + ${random('gap', 'i')}) * 60000 AS BIGINT) AS exact
      FROM (
        SELECT person, unnest(range(0, number)) AS k, person * 20000 + unnest(range(0, number)) AS i
        FROM (
          SELECT person, CAST(least(20000, 1 + floor(10 * (pow(1 - ${random('many', 'person')}, -1 / 1.2) - 1))) AS BIGINT) AS number
          FROM range(0, ${people}) AS people(person))))`;
}
