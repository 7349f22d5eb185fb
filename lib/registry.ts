import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../core/environment.ts';
import { allow } from './access.ts';
import type { BundledFunction } from './function.ts';

/** The registry of builds: which run of which partition holds, made of what. */
export class Registry extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  /** Lets the function keep the registry. */
  bindBuilder({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.registryTable, this.table.tableName);
    allow(role, {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      resources: [this.table.tableArn],
    });
  }

  /** Lets the function see what is built and keep what the counts of hours came to. */
  bindReconciler({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.registryTable, this.table.tableName);
    allow(role, {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resources: [this.table.tableArn],
    });
  }

  /** Lets the function see what is built, and what the counts of hours came to. */
  bindReader({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.registryTable, this.table.tableName);
    allow(role, {
      actions: ['dynamodb:GetItem', 'dynamodb:Query'],
      resources: [this.table.tableArn],
    });
  }
}
