import { authorizeGlue, type Place } from '../glue/access.ts';
import type { GlueTable } from '../glue/types.ts';
import { type Caller, ServiceError } from '../service.ts';
import { QueryError } from './errors.ts';
import type { DataFile, Location } from './files.ts';
import { isProjected } from './partitions.ts';

/**
 * What a query may do is what its caller may do: Athena uses the caller's permissions on Glue and S3. A missing one is the query's
 * failure, not the call's.
 */
export class Access {
  readonly #caller: Caller;
  readonly #place: Place;

  /** @param caller who started the query */
  constructor(caller: Caller, place: Place) {
    this.#caller = caller;
    this.#place = place;
  }

  /** Reading a table's definition and partitions. */
  table(database: string, name: string): void {
    // Athena looks the database `default` up, whatever a statement reads.
    this.glue('GetDatabase', 'default');
    this.glue('GetDatabase', database);
    this.glue('GetTable', database, name);
  }

  /** Reading the partitions of a table. */
  partitions(table: GlueTable): void {
    if ((table.PartitionKeys ?? []).length > 0 && !isProjected(table))
      this.glue('GetPartitions', table.DatabaseName, table.Name);
  }

  /** One action of Glue. */
  glue(action: string, database: string, table?: string): void {
    this.#check('Insufficient permissions to execute the query.', () =>
      authorizeGlue(this.#caller, this.#place, action, database, table),
    );
  }

  /** Reading files below a location. One file is asked for: policies go by prefix. */
  read(location: Location, files: readonly DataFile[]): void {
    const path = `s3://${location.bucket}/${location.prefix}`;
    this.#check(`Permission denied on S3 path: ${path}.`, () => {
      this.#caller.authorize('s3:ListBucket', `arn:aws:s3:::${location.bucket}`, {
        's3:prefix': `${location.prefix}/`,
      });
      const [first] = files;
      if (first !== undefined)
        this.#caller.authorize('s3:GetObject', `arn:aws:s3:::${location.bucket}/${first.key}`);
    });
  }

  /** Writing an object. */
  write(bucket: string, key: string): void {
    this.#check(`Permission denied on S3 path: s3://${bucket}/${key}.`, () => {
      this.#caller.authorize('s3:GetBucketLocation', `arn:aws:s3:::${bucket}`);
      this.#caller.authorize('s3:PutObject', `arn:aws:s3:::${bucket}/${key}`);
    });
  }

  #check(message: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw new QueryError('PERMISSION_DENIED', `${message} ${error.message}`);
    }
  }
}
