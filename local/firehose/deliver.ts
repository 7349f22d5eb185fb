import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Caller, ObjectStore } from '../service.ts';
import type { Batch } from './batch.ts';
import type { Positions } from './checkpoint.ts';
import type { TableColumn } from './coerce.ts';
import type { ConversionFailure, ParquetConverter } from './convert.ts';
import { objectNames } from './object-name.ts';
import type { Conversion, DeliverySettings } from './settings.ts';

/** What a delivery works with. */
export interface DeliveryContext {
  readonly region: string;
  readonly account: string;
  readonly store: ObjectStore;
  readonly converter: ParquetConverter;
  /** The caller that acts with a role, by its ARN. */
  readonly roleCaller: (roleArn: string) => Caller;
  /** Columns of a Glue table, without its partition keys. Throws where there is none. */
  readonly tableColumns: (
    database: string,
    table: string,
  ) => readonly TableColumn[] | Promise<readonly TableColumn[]>;
}

/** What a delivery wrote. */
export interface Delivered {
  /** Objects that became rows, or records where nothing is converted. */
  readonly delivered: number;
  readonly failed: number;
}

const compress = promisify(gzip);
const FORMAT_CONVERSION_FAILED = 'format-conversion-failed';

/**
 * Writes a batch to its objects. Doing it again writes the same objects.
 * @param work path and name stem for temporary files
 * @throws ServiceError AccessDeniedException where a role may not do what it takes.
 */
export async function deliver(
  context: DeliveryContext,
  settings: DeliverySettings,
  from: Positions,
  { records, reached }: Batch,
  work: string,
): Promise<Delivered> {
  const arrivalMs = records.reduce(
    (least, record) => Math.min(least, record.arrivalMs),
    Number.POSITIVE_INFINITY,
  );
  const { name, random } = objectNames(settings.name, from, reached, arrivalMs);
  const prefix = settings.prefix({ arrivalMs, random, errorType: null });
  const key = `${prefix}${name}${extension(settings)}`;
  authorizeRead(context, settings);
  if (settings.conversion === null) {
    const body = Buffer.concat(records.map(({ data }) => data));
    authorizePut(context, settings, key);
    await context.store.put(settings.bucket, key, settings.gzip ? await compress(body) : body);
    return { delivered: records.length, failed: 0 };
  }
  const { conversion } = settings;
  authorizeGlue(context, conversion);
  const columns = await context.tableColumns(conversion.database, conversion.table);
  await mkdir(dirname(work), { recursive: true });
  const file = `${work}.parquet`;
  const converted = await context.converter.convert(
    records,
    columns,
    conversion.compression,
    work,
    file,
  );
  if (converted.rows > 0) {
    authorizePut(context, settings, key);
    await context.store.putFile(settings.bucket, key, file);
  }
  if (converted.failures.length > 0) {
    const errorType = FORMAT_CONVERSION_FAILED;
    const errorKey = `${settings.errorPrefix({ arrivalMs, random, errorType })}${name}`;
    authorizePut(context, settings, errorKey);
    const lines = converted.failures.map((failure) => errorLine(context, conversion, failure));
    await context.store.put(settings.bucket, errorKey, lines.join(''));
  }
  return { delivered: converted.rows, failed: converted.failures.length };
}

function extension({ conversion, gzip, fileExtension }: DeliverySettings): string {
  if (fileExtension !== null) return fileExtension;
  if (conversion !== null) return '.parquet';
  return gzip ? '.gz' : '';
}

function authorizeRead({ roleCaller }: DeliveryContext, { source }: DeliverySettings): void {
  if (source === null) return;
  const caller = roleCaller(source.roleArn);
  for (const action of ['DescribeStream', 'ListShards', 'GetShardIterator', 'GetRecords']) {
    caller.authorize(`kinesis:${action}`, source.streamArn);
  }
}

function authorizePut(
  { roleCaller }: DeliveryContext,
  settings: DeliverySettings,
  key: string,
): void {
  roleCaller(settings.roleArn).authorize('s3:PutObject', `arn:aws:s3:::${settings.bucket}/${key}`);
}

function authorizeGlue(context: DeliveryContext, { database, table, roleArn }: Conversion): void {
  const caller = context.roleCaller(roleArn);
  const catalog = `arn:aws:glue:${context.region}:${context.account}`;
  for (const resource of ['catalog', `database/${database}`, `table/${database}/${table}`]) {
    caller.authorize('glue:GetTableVersions', `${catalog}:${resource}`);
  }
}

/** A line of an error object. Its rawData holds the one object that failed: others of its record were delivered. */
function errorLine(
  { region, account }: DeliveryContext,
  { database, table, roleArn }: Conversion,
  { record, index, code, message, text }: ConversionFailure,
): string {
  const line = {
    attemptsMade: 1,
    arrivalTimestamp: record.arrivalMs,
    lastErrorCode: code,
    lastErrorMessage: message,
    attemptEndingTimestamp: Date.now(),
    rawData: Buffer.from(text).toString('base64'),
    sequenceNumber: record.sequenceNumber,
    subSequenceNumber: index,
    dataCatalogTable: {
      catalogId: account,
      databaseName: database,
      tableName: table,
      region,
      versionId: 'LATEST',
      roleArn,
    },
  };
  return `${JSON.stringify(line)}\n`;
}
