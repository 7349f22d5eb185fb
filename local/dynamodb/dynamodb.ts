import {
  type Caller,
  type CreatedResource,
  type JsonService,
  type Operation,
  type ResolvedResource,
  type ResourceHandlers,
  ServiceError,
} from '../service.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import { isRecord, list, optionalText } from '../template/values.ts';
import { Dynalite, type DynaliteError } from './dynalite.ts';

/** Operations on one table, on its index where they name one. */
const TABLE_OPERATIONS = [
  'DeleteItem',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;
/** Operations on the tables of RequestItems. */
const BATCH_OPERATIONS = ['BatchGetItem', 'BatchWriteItem'] as const;

const PEOPLE = 'is for people';
const ONE_MACHINE = 'has no effect on one machine';
const TABLE_PROPERTIES = {
  AttributeDefinitions: true,
  KeySchema: true,
  BillingMode: 'a table on one machine costs nothing',
  ProvisionedThroughput: 'a table on one machine has no throughput limit',
  TableName: true,
  GlobalSecondaryIndexes: true,
  LocalSecondaryIndexes: true,
  TimeToLiveSpecification: 'items past their time are kept, as on AWS they may be for days',
  PointInTimeRecoverySpecification: ONE_MACHINE,
  SSESpecification: ONE_MACHINE,
  DeletionProtectionEnabled: 'nothing deletes tables on one machine',
  ContributorInsightsSpecification: ONE_MACHINE,
  TableClass: ONE_MACHINE,
  Tags: PEOPLE,
} as const;

/** DynamoDB: dynalite's tables in a folder, behind the callers' policies. What is in it survives a kill. */
export class DynamoDb {
  readonly #tables: Dynalite;

  constructor(folder: string) {
    this.#tables = new Dynalite(folder, ACCOUNT, REGION);
  }

  /** The service for the gateway. */
  get service(): JsonService {
    const operations: Record<string, Operation> = {
      ListTables: (input, caller) => {
        caller.authorize('dynamodb:ListTables', '*');
        return this.#run('ListTables', input);
      },
    };
    for (const name of TABLE_OPERATIONS)
      operations[name] = (input, caller) => {
        authorizeTable(caller, name, input.TableName, input.IndexName);
        return this.#run(name, input);
      };
    for (const name of BATCH_OPERATIONS)
      operations[name] = (input, caller) => {
        const { RequestItems } = input;
        for (const table of Object.keys(isRecord(RequestItems) ? RequestItems : {}))
          authorizeTable(caller, name, table);
        return this.#run(name, input);
      };
    return {
      target: 'DynamoDB_20120810',
      contentType: 'application/x-amz-json-1.0',
      operations,
    };
  }

  /** Handlers of AWS::DynamoDB types. */
  get resources(): ResourceHandlers {
    const create = (resource: ResolvedResource) => this.#create(resource);
    return {
      'AWS::DynamoDB::Table': { properties: TABLE_PROPERTIES, create },
      'AWS::DynamoDB::GlobalTable': {
        properties: {
          ...TABLE_PROPERTIES,
          Replicas: 'there is one region on one machine',
          WriteProvisionedThroughputSettings: ONE_MACHINE,
          WriteOnDemandThroughputSettings: ONE_MACHINE,
        },
        create,
      },
    };
  }

  /** Closes the files. */
  close(): Promise<void> {
    return this.#tables.close();
  }

  async #create({ properties, generatedName }: ResolvedResource): Promise<CreatedResource> {
    const name = optionalText(properties.TableName, 'TableName') ?? generatedName;
    const keySchema = list(properties.KeySchema, 'KeySchema');
    const before = await this.#describe(name);
    if (before && JSON.stringify(before.KeySchema) !== JSON.stringify(keySchema))
      throw new Error(
        `table ${name} in the data folder has the keys ${JSON.stringify(before.KeySchema)}, the template says ${JSON.stringify(keySchema)}: start with another data folder`,
      );
    if (!before) {
      const { GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
      await this.#tables.run('CreateTable', {
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: properties.AttributeDefinitions,
        KeySchema: keySchema,
        ...(GlobalSecondaryIndexes !== undefined && {
          GlobalSecondaryIndexes: list(GlobalSecondaryIndexes, 'GlobalSecondaryIndexes').map(index),
        }),
        ...(LocalSecondaryIndexes !== undefined && { LocalSecondaryIndexes }),
      });
      // dynalite makes a table active a moment after it answered.
      while ((await this.#describe(name))?.TableStatus !== 'ACTIVE')
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return { ref: name, attributes: { Arn: tableArn(name) } };
  }

  async #describe(name: string): Promise<Record<string, unknown> | undefined> {
    try {
      const output = await this.#tables.run('DescribeTable', { TableName: name });
      return 'Table' in output && isRecord(output.Table) ? output.Table : undefined;
    } catch (error) {
      if (errorCode(error) === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  async #run(operation: string, input: Record<string, unknown>): Promise<object> {
    const unknown = this.#tables.unknownMembers(operation, input);
    if (unknown.length > 0)
      throw new ServiceError(
        'ValidationException',
        `NotImplemented: ${operation} with ${unknown.join(', ')}`,
        501,
      );
    try {
      return await this.#tables.run(operation, input);
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      const { statusCode, body } = error as DynaliteError;
      throw new ServiceError(code, body?.message ?? body?.Message ?? '', statusCode);
    }
  }
}

function tableArn(name: string): string {
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
}

function authorizeTable(caller: Caller, operation: string, table: unknown, indexName?: unknown) {
  const name = String(table).replace(/^arn:[^/]*\//, '');
  const suffix = indexName === undefined ? '' : `/index/${indexName}`;
  caller.authorize(`dynamodb:${operation}`, tableArn(name) + suffix);
}

/** An index without the members that only AWS's capacity needs. */
function index(value: unknown): unknown {
  if (!isRecord(value)) throw new Error('GlobalSecondaryIndexes must hold objects');
  const { IndexName, KeySchema, Projection } = value;
  return { IndexName, KeySchema, Projection };
}

function errorCode(error: unknown): string | undefined {
  const type = (error as DynaliteError | undefined)?.body?.__type;
  return type?.slice(type.indexOf('#') + 1);
}
