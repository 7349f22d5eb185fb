import { authorizeGlue, type Place } from '../glue/access.ts';
import type { Catalog } from '../glue/catalog.ts';
import { page } from '../glue/page.ts';
import type { GlueTable } from '../glue/types.ts';
import { type Caller, type Operation, ServiceError } from '../service.ts';
import { invalidRequest } from './errors.ts';
import { type Fields, integerField, optionalStringField, stringField } from './input.ts';

const CATALOG = 'AwsDataCatalog';

/** ListDataCatalogs, ListDatabases, GetDatabase, ListTableMetadata, GetTableMetadata: what the CLI and consoles browse with. */
export function catalogOperations(catalog: Catalog, place: Place): Record<string, Operation> {
  const arn = `arn:aws:athena:${place.region}:${place.account}:datacatalog/${CATALOG}`;
  const check = (fields: Fields, caller: Caller, action: string): void => {
    const name = optionalStringField(fields, 'CatalogName') ?? CATALOG;
    if (name.toLowerCase() !== CATALOG.toLowerCase())
      throw invalidRequest(`DataCatalog ${name} was not found, there is ${CATALOG}`);
    caller.authorize(`athena:${action}`, arn);
  };
  return {
    ListDataCatalogs: (_, caller) => {
      caller.authorize('athena:ListDataCatalogs', '*');
      return { DataCatalogsSummary: [{ CatalogName: CATALOG, Type: 'GLUE' }] };
    },
    GetDataCatalog: (_, caller) => {
      caller.authorize('athena:GetDataCatalog', arn);
      return { DataCatalog: { Name: CATALOG, Type: 'GLUE' } };
    },
    ListDatabases: (fields, caller) => {
      check(fields, caller, 'ListDatabases');
      authorizeGlue(caller, place, 'GetDatabases');
      return { DatabaseList: catalog.databases().map(database) };
    },
    GetDatabase: (fields, caller) => {
      check(fields, caller, 'GetDatabase');
      const name = stringField(fields, 'DatabaseName');
      authorizeGlue(caller, place, 'GetDatabase', name);
      return { Database: database(found(() => catalog.database(name))) };
    },
    ListTableMetadata: (fields, caller) => {
      check(fields, caller, 'ListTableMetadata');
      const name = stringField(fields, 'DatabaseName');
      authorizeGlue(caller, place, 'GetTables', name);
      const { items, NextToken } = page(
        found(() => catalog.tables(name)).map(metadata),
        optionalStringField(fields, 'NextToken'),
        integerField(fields, 'MaxResults', 1, 50, 50),
      );
      return { TableMetadataList: items, NextToken };
    },
    GetTableMetadata: (fields, caller) => {
      check(fields, caller, 'GetTableMetadata');
      const [name, table] = [stringField(fields, 'DatabaseName'), stringField(fields, 'TableName')];
      authorizeGlue(caller, place, 'GetTable', name, table);
      return { TableMetadata: metadata(found(() => catalog.table(name, table))) };
    },
  };
}

/** Athena names Glue's errors its own way. */
function found<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('MetadataException', error.message);
  }
}

function database({
  Name,
  Description,
  Parameters,
}: {
  Name: string;
  Description?: string;
  Parameters?: object;
}): object {
  return { Name, Description, Parameters: Parameters ?? {} };
}

function metadata(table: GlueTable): object {
  const descriptor = table.StorageDescriptor ?? {};
  return {
    Name: table.Name,
    CreateTime: table.CreateTime,
    TableType: table.TableType,
    Columns: descriptor.Columns ?? [],
    PartitionKeys: table.PartitionKeys ?? [],
    Parameters: {
      ...table.Parameters,
      inputformat: descriptor.InputFormat ?? '',
      outputformat: descriptor.OutputFormat ?? '',
      location: descriptor.Location ?? '',
      'serde.serialization.lib': descriptor.SerdeInfo?.SerializationLibrary ?? '',
    },
  };
}
