import { createTableAs } from '../../../core/sql/ctas.ts';
import { sql } from '../../../core/sql/quote.ts';

const STATEMENT = {
  database: 'lake',
  table: 'tmp_events_20261121t192152_ab12cd34',
  location: 's3://bucket/tables/events/run=1/',
  select: sql`SELECT 1 AS one`,
};

describe('CREATE TABLE AS', () => {
  test("is written in Athena's dialect", () => {
    expect(createTableAs(STATEMENT)).toBe(
      `CREATE TABLE lake.tmp_events_20261121t192152_ab12cd34
WITH (format = 'PARQUET', write_compression = 'ZSTD', external_location = 's3://bucket/tables/events/run=1/') AS
SELECT 1 AS one`,
    );
  });

  test("leaves the codec to the session in Trino's dialect", () => {
    expect(createTableAs({ ...STATEMENT, dialect: 'trino' })).not.toContain('compression');
  });

  test.each(['a"b', 'A', ''])('fails for the table name %j', (table) => {
    expect(() => createTableAs({ ...STATEMENT, table })).toThrow('a name is [a-z_][a-z0-9_]*');
  });

  test('fails for a location without a slash at its end', () => {
    expect(() => createTableAs({ ...STATEMENT, location: 's3://bucket/run' })).toThrow(
      'a slash at its end, got "s3://bucket/run"',
    );
  });
});
