import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../glue/access.ts';
import type { Catalog } from '../glue/catalog.ts';
import type { JsonService, ObjectStore, ResourceHandlers } from '../service.ts';
import { catalogOperations } from './data-catalogs.ts';
import { Engine } from './engine.ts';
import { Executions } from './executions.ts';
import { Footers } from './files.ts';
import { queryOperations } from './queries.ts';
import { workGroupOperations } from './workgroup-operations.ts';
import { WorkGroups } from './workgroups.ts';

/** Athena on one machine: DuckDB behind a translator. */
export interface Athena {
  readonly service: JsonService;
  readonly resources: ResourceHandlers;
  /** Ends what runs and closes DuckDB. */
  close(): Promise<void>;
}

/** What Athena works with. */
export interface AthenaOptions extends Place {
  /** Where records of queries are kept, on the file system of the object store. */
  readonly folder: string;
  readonly store: ObjectStore;
  readonly catalog: Catalog;
}

/** Opens Athena over a catalog and an object store. */
export function createAthena(options: AthenaOptions): Athena {
  const { folder, store, catalog, account, region } = options;
  const temporary = join(folder, 'temporary');
  // What a crash left here never became an object.
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const engine = new Engine(join(folder, 'spill'));
  const workgroups = new WorkGroups();
  const place = { account, region };
  const queries = queryOperations({
    run: { engine, catalog, store, place, footers: new Footers(), temporary },
    executions: new Executions(join(folder, 'executions')),
    workgroups,
  });
  return {
    resources: { 'AWS::Athena::WorkGroup': workgroups.handler() },
    service: {
      target: 'AmazonAthena',
      contentType: 'application/x-amz-json-1.1',
      operations: {
        ...queries.operations,
        ...workGroupOperations(workgroups, place),
        ...catalogOperations(catalog, place),
      },
    },
    close: async () => {
      await queries.stop();
      await engine.close();
    },
  };
}
