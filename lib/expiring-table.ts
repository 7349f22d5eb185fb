import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * A table `Table` of items with the key attribute `pk` that expire at `expires_at` (epoch seconds). It goes with its stack: nothing is lost
 * with it.
 * @param reason why it needs no backup, for who reads the checks of the template
 */
export function expiringTable(scope: Construct, reason: string): Table {
  const table = new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'expires_at',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(table).acknowledge({ id: 'AwsSolutions-DDB3', reason });
  return table;
}
