import path from 'node:path';
import { createAthena } from './athena/athena.ts';
import type { Clock } from './clock.ts';
import { createCloudWatch } from './cloudwatch/cloudwatch.ts';
import { DynamoDb } from './dynamodb/dynamodb.ts';
import type { Faults } from './faults.ts';
import { createFirehose } from './firehose/firehose.ts';
import { createGlue } from './glue/glue.ts';
import { createKinesis } from './kinesis/kinesis.ts';
import type { S3Endpoint } from './s3/rest.ts';
import { createS3 } from './s3/s3.ts';
import { Secrets } from './secretsmanager/secrets.ts';
import type { JsonService, ResourceHandlers } from './service.ts';
import type { DynamicReferences } from './template/dynamic-references.ts';
import { ACCOUNT, REGION } from './template/intrinsics.ts';
import type { Roles } from './template/roles.ts';

/** What the services share. */
export interface ServicesOptions {
  readonly data: string;
  readonly clock: Clock;
  readonly roles: Roles;
  readonly faults: Faults;
}

/** The services that keep data, each in a folder of its own. */
export interface Services {
  /** By the name that stands in a task's resource, as athena. */
  readonly byName: Readonly<Record<string, JsonService>>;
  readonly s3: S3Endpoint;
  readonly resources: ResourceHandlers;
  /** What the template's dynamic references stand for. */
  readonly references: DynamicReferences;
  /** Takes a line of a function's log, for the metrics in it. */
  readonly takeLogLine: (line: string) => void;
  /** Delivers what the delivery streams have buffered. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens all services over a data folder. */
export async function openServices(options: ServicesOptions): Promise<Services> {
  const { data, clock, roles, faults } = options;
  const place = { account: ACCOUNT, region: REGION };
  const folder = (name: string) => path.join(data, name);
  const s3 = createS3({ folder: folder('s3'), region: REGION });
  const glue = createGlue({ folder: folder('glue'), ...place });
  const kinesis = createKinesis({ folder: folder('kinesis'), faults, ...place });
  const firehose = createFirehose({
    folder: folder('firehose'),
    ...place,
    clock,
    faults,
    streams: kinesis.streams,
    store: s3.store,
    tableColumns: (database, table) =>
      glue.tableColumns(database, table).columns.map(({ Name, Type = 'string' }) => ({
        name: Name,
        type: Type,
      })),
    roleCaller: roles.callerOf,
  });
  const athena = createAthena({
    folder: folder('athena'),
    store: s3.store,
    catalog: glue.catalog,
    ...place,
  });
  const dynamodb = new DynamoDb(folder('dynamodb'));
  const secrets = new Secrets({ folder: folder('secretsmanager'), ...place });
  const cloudwatch = createCloudWatch(folder('cloudwatch'));
  return {
    byName: {
      kinesis: kinesis.service,
      firehose: firehose.service,
      glue: glue.service,
      athena: athena.service,
      dynamodb: dynamodb.service,
      cloudwatch: cloudwatch.service,
    },
    s3: s3.endpoint,
    resources: {
      ...s3.handlers,
      ...glue.resources,
      ...kinesis.handlers,
      ...firehose.handlers,
      ...athena.resources,
      ...dynamodb.resources,
      ...secrets.resources,
    },
    references: { secretsmanager: (reference) => secrets.resolve(reference) },
    takeLogLine: cloudwatch.takeLogLine,
    flush: async () => {
      await Promise.all(firehose.names().map((name) => firehose.flush(name)));
    },
    close: async () => {
      await athena.close();
      await firehose.close();
      await kinesis.close();
      await dynamodb.close();
      cloudwatch.close();
    },
  };
}
