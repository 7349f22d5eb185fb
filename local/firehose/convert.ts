import { rm, writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { StreamRecord } from '../kinesis/streams.ts';
import { coerceObject, duckDbType, ERROR_CODE, type TableColumn } from './coerce.ts';
import { splitObjects } from './json-objects.ts';
import { type Layout, layOut } from './layout.ts';

/** An object of a record that could not be converted. */
export interface ConversionFailure {
  readonly record: StreamRecord;
  /** Place of the object in its record, from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly text: string;
}

/** What a conversion did. */
export interface Converted {
  /** Rows in the Parquet file; with none there is no file. */
  readonly rows: number;
  readonly failures: readonly ConversionFailure[];
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

/** Converts records to Parquet by DuckDB, off the event loop. */
export class ParquetConverter {
  #instance: Promise<DuckDBInstance> | null = null;

  /**
   * Writes the objects of records to a Parquet file.
   * @param work path and name stem of temporary files, removed afterwards
   * @param file the Parquet file
   * @throws Error that names a column whose type is not implemented.
   */
  async convert(
    records: readonly StreamRecord[],
    columns: readonly TableColumn[],
    compression: string,
    work: string,
    file: string,
  ): Promise<Converted> {
    const sql = statements(columns);
    this.#instance ??= DuckDBInstance.create(':memory:');
    const connection = await (await this.#instance).connect();
    const [plain, mended] = [`${work}.plain.ndjson`, `${work}.mended.ndjson`];
    try {
      const layout = layOut(records);
      await writeFile(plain, layout.lines);
      await connection.run(sql.load(plain));
      await connection.run(sql.shapes);
      const closer = await this.#doubtful(connection, layout, sql);
      const { rows, failures } = closerLook(closer.records, closer.lines, columns);
      await writeFile(mended, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      if (!closer.usable) await connection.run('DELETE FROM lines');
      const copied = await connection.runAndReadAll(sql.copy(mended, file, compression));
      const count = Number(copied.getRows()[0]?.[0] ?? 0);
      if (count === 0) await rm(file, { force: true });
      return { rows: count, failures };
    } finally {
      connection.disconnectSync();
      await rm(plain, { force: true });
      await rm(mended, { force: true });
    }
  }

  /** Frees DuckDB. */
  async close(): Promise<void> {
    (await this.#instance)?.closeSync();
    this.#instance = null;
  }

  /** Which records and lines need a closer look than SQL gives. */
  async #doubtful(connection: Connection, layout: Layout, sql: Statements) {
    const counted = await connection.runAndReadAll('SELECT count(*) FROM lines');
    if (Number(counted.getRows()[0]?.[0]) !== layout.lineCount) {
      // DuckDB saw other lines than we wrote (a line of blanks, say): none can be told from its neighbour.
      return { usable: false, records: [...layout.irregular, ...layout.regular], lines: [] };
    }
    const found = await connection.runAndReadAll(sql.doubtful);
    const lines = found.getRows().map(([row]) => layout.lineAt(Number(row)));
    return { usable: true, records: layout.irregular, lines };
  }
}

type Line = ReturnType<Layout['lineAt']>;

function closerLook(
  records: readonly StreamRecord[],
  lines: readonly Line[],
  columns: readonly TableColumn[],
) {
  const rows: Readonly<Record<string, string | null>>[] = [];
  const failures: ConversionFailure[] = [];
  const look = (record: StreamRecord, first: number, text: string) => {
    for (const [offset, piece] of splitObjects(text).entries()) {
      const coerced =
        piece.problem === null
          ? coerceObject(piece.text, columns)
          : { code: ERROR_CODE.parse, message: `Encountered malformed JSON: ${piece.problem}` };
      if ('row' in coerced) rows.push(coerced.row);
      else failures.push({ record, index: first + offset, text: piece.text, ...coerced });
    }
  };
  for (const record of records) look(record, 0, record.data.toString('utf8'));
  for (const { record, index, text } of lines) look(record, index, text);
  return { rows, failures };
}

interface Statements {
  readonly load: (file: string) => string;
  readonly shapes: string;
  readonly doubtful: string;
  readonly copy: (mended: string, file: string, compression: string) => string;
}

const DOUBTFUL = 'doubtful OR shape IN (SELECT shape FROM odd_shapes)';

/** The statements for a table. Values are read as text; those that a cast would change are doubtful. */
function statements(columns: readonly TableColumn[]): Statements {
  const typed = columns.map(({ name, type }) => {
    const duckDb = duckDbType(type);
    if (duckDb === null)
      throw new Error(`column ${name}: type ${type} is not implemented by the local conversion`);
    return { name, value: `v.${identifier(name)}`, type: duckDb };
  });
  const structure = JSON.stringify(
    Object.fromEntries(columns.map(({ name }) => [name, 'VARCHAR'])),
  );
  const texts = columns.map(({ name }) => `${text(name)}: 'VARCHAR'`).join(', ');
  // TRY_CAST, because DuckDB casts doubtful rows before it leaves them out; no cast of the others can fail.
  const selected = typed.map(
    ({ value, type, name }) => `TRY_CAST(${value} AS ${type}) AS ${identifier(name)}`,
  );
  const doubts = typed.flatMap(({ value, type }) => doubtOf(value, type));
  const doubt = ['j IS NULL', ...doubts].join(' OR ');
  return {
    // Every line starts with a brace: what is JSON at all is an object.
    load: (file) => `CREATE TEMP TABLE lines AS
      SELECT j, v, shape, coalesce(${doubt}, true) AS doubtful FROM (
        SELECT json AS j, json_transform(json, ${text(structure)}) AS v, hash(json_keys(json)) AS shape
        FROM read_json_objects(${text(file)}, format = 'newline_delimited', ignore_errors = true,
          maximum_object_size = 16777216, compression = 'uncompressed'))`,
    // Events have few shapes: their keys are looked at once a shape.
    shapes: `CREATE TEMP TABLE odd_shapes AS
      SELECT shape FROM (
        SELECT shape, json_keys(any_value(j)) AS k FROM lines WHERE j IS NOT NULL GROUP BY shape)
      WHERE len(list_distinct(k)) < len(k) OR lower(k::VARCHAR) <> k::VARCHAR`,
    doubtful: `SELECT rowid FROM lines WHERE ${DOUBTFUL} ORDER BY rowid`,
    copy: (mended, file, compression) => `COPY (
      SELECT ${selected.join(', ')} FROM lines WHERE NOT (${DOUBTFUL})
      UNION ALL
      SELECT ${selected.map((column) => column.replace('TRY_CAST(v.', 'CAST(')).join(', ')}
      FROM read_json(${text(mended)}, format = 'newline_delimited', columns = {${texts}},
        maximum_object_size = 16777216, compression = 'uncompressed')
    ) TO ${text(file)} (FORMAT parquet, COMPRESSION ${compression.toLowerCase()})`,
  };
}

function doubtOf(value: string, type: string): string[] {
  const isNull = `${value} IS NULL`;
  if (type === 'VARCHAR') return [];
  if (type === 'BOOLEAN') return [`NOT (${isNull} OR ${value} IN ('true', 'false'))`];
  if (type === 'DOUBLE' || type === 'FLOAT') {
    const plain = `regexp_full_match(${value}, '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?')`;
    return [
      `NOT (${isNull} OR (${plain} AND coalesce(isfinite(TRY_CAST(${value} AS ${type})), false)))`,
    ];
  }
  return [`NOT (${isNull} OR coalesce(TRY_CAST(${value} AS ${type})::VARCHAR = ${value}, false))`];
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
