import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ENVELOPE } from '../core/columns.ts';

/** Days that the made events cover, from 2026-01-01 UTC. */
export const DAYS = 30;
/** Epoch ms of the first event day. */
export const FROM = Date.UTC(2026, 0, 1);
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
 * Writes a made population as raw events, one Parquet file an arrival hour, in the layout of the lake. Deterministic: event
 * i is a function of i. Sessions of about eight events; one person for fifty events, heavy-tailed (many with one
 * session, few with hundreds); about one event in seven is a step of the funnel; a tenth of the times are whole seconds, so that ties happen.
 * @param folder of the lake bucket.
 * @param events how many, about.
 */
export async function writePopulation(folder: string, events: number): Promise<void> {
  rmSync(join(folder, 'raw'), { recursive: true, force: true });
  mkdirSync(join(folder, 'raw'), { recursive: true });
  const connection = await (await DuckDBInstance.create()).connect();
  const sessions = Math.ceil(events / 8);
  const columns = ENVELOPE.map(({ name, type }) => {
    const value = VALUES[name] ?? 'NULL';
    return `CAST(${value} AS ${type === 'string' ? 'VARCHAR' : type.toUpperCase()}) AS "${name}"`;
  });
  for (let day = 0; day < DAYS; day += 1) {
    const date = new Date(FROM + day * 86_400_000).toISOString().slice(0, 10);
    const part = join(folder, 'raw', `dt=${date}`, 'hour=23');
    mkdirSync(part, { recursive: true });
    await connection.run(`
      COPY (SELECT ${columns.join(', ')} FROM (${dayOfEvents(day, sessions)}) ORDER BY moment)
      TO '${join(part, 'part-0.parquet')}' (FORMAT parquet, COMPRESSION snappy)`);
  }
  connection.closeSync();
}

/** Events of the sessions that start on one day. Hashes of different salts stand for random numbers. */
function dayOfEvents(day: number, sessions: number): string {
  const random = (salt: string, of: string) => `(hash('${salt}' || ${of}) % 1000000) / 1000000.0`;
  const from = Math.floor((sessions * day) / DAYS);
  const to = Math.floor((sessions * (day + 1)) / DAYS);
  const people = Math.max(1, Math.floor(sessions * 0.16));
  return `
    SELECT i, person, event,
      CASE WHEN i % 10 = 0 THEN CAST(floor(raw_at / 1000) AS BIGINT) * 1000 ELSE raw_at END AS moment
    FROM (
      SELECT s * 16 + j AS i, person,
        CAST(${FROM + day * 86_400_000} + started + j * 40000 + ${random('gap', '(s * 16 + j)')} * 40000 AS BIGINT) AS raw_at,
        CASE
          WHEN pick < 0.060 THEN 'home' WHEN pick < 0.095 THEN 'search' WHEN pick < 0.118 THEN 'product'
          WHEN pick < 0.130 THEN 'cart' WHEN pick < 0.136 THEN 'payment' WHEN pick < 0.139 THEN 'confirmation'
          ELSE 'event_' || CAST(floor(pick * 45) AS INTEGER) END AS event
      FROM (
        SELECT s, j, started, person, ${random('pick', '(s * 16 + j)')} AS pick
        FROM (
          SELECT s, CAST(floor(${random('at', 's')} * 85500000) AS BIGINT) AS started,
            CAST(floor(${people} * pow(${random('who', 's')}, 3)) AS BIGINT) AS person,
            1 + hash('len' || s) % 15 AS length
          FROM range(${from}, ${to}) AS sessions(s))
        CROSS JOIN range(0, 15) AS positions(j)
        WHERE j < length))`;
}
