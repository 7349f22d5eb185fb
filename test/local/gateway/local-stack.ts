import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Faults } from '../../../local/faults.ts';
import { createGateway, type RawService } from '../../../local/gateway/gateway.ts';
import { createCallers, type Role } from '../../../local/iam/callers.ts';
import { createKinesis } from '../../../local/kinesis/kinesis.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import type { JsonService, ResolvedResource } from '../../../local/service.ts';

/** Region and account of the tests. */
export const PLACE = { region: 'us-east-1', account: '000000000000' } as const;

/** A resource as the template gives it. */
export function resource(
  type: string,
  generatedName: string,
  properties: Record<string, unknown> = {},
): ResolvedResource {
  return { logicalId: generatedName, type, generatedName, properties };
}

/** An empty folder with its removal. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A gateway with Kinesis and S3 on a free port. */
export async function startStack(
  options: {
    folder?: string;
    roles?: readonly Role[];
    services?: readonly JsonService[];
    raw?: Readonly<Record<string, RawService>>;
    enforceThroughput?: boolean;
  } = {},
) {
  const temporary = options.folder === undefined ? await temporaryFolder() : null;
  const folder = options.folder ?? temporary?.folder ?? '';
  const faults = new Faults();
  const kinesis = createKinesis({
    folder: join(folder, 'kinesis'),
    ...PLACE,
    faults,
    enforceThroughput: options.enforceThroughput ?? false,
  });
  const s3 = createS3({ folder: join(folder, 's3'), region: PLACE.region });
  const gateway = createGateway({
    services: [kinesis.service, ...(options.services ?? [])],
    s3: s3.endpoint,
    raw: options.raw ?? {},
    callers: createCallers(options.roles ?? []),
    faults,
  });
  const url = await gateway.listen(0);
  return {
    folder,
    faults,
    kinesis,
    s3,
    url,
    client: clientOptions(url),
    close: async () => {
      await gateway.close();
      await kinesis.close();
      await temporary?.remove();
    },
  };
}

/** Options of an SDK client that calls a local endpoint. */
export function clientOptions(endpoint: string, accessKeyId = 'test', maxAttempts = 1) {
  return {
    endpoint,
    region: PLACE.region,
    credentials: { accessKeyId, secretAccessKey: 'any' },
    maxAttempts,
  };
}
