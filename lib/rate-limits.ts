import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../core/environment.ts';
import { allow } from './access.ts';
import { expiringTable } from './expiring-table.ts';
import type { BundledFunction } from './function.ts';

/** Counts of requests by write key, for seconds. */
export class RateLimits extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = expiringTable(this, 'counts of seconds: worth nothing a minute later');
  }

  /** Lets the function count. */
  bindCounter({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.rateLimitsTable, this.table.tableName);
    allow(role, { actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] });
  }
}
