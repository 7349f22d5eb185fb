import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../core/environment.ts';
import { allow } from './access.ts';
import { expiringTable } from './expiring-table.ts';
import type { BundledFunction } from './function.ts';

/** Answers kept by data version, so that the same question is scanned once. Nothing is lost with them. */
export class Answers extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = expiringTable(this, 'a cache: its answers can be worked out again');
  }

  /** Lets the function keep answers and find them again. */
  bindCache({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.answersTable, this.table.tableName);
    allow(role, {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      resources: [this.table.tableArn],
    });
  }
}
