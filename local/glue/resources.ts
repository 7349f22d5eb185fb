import { isDeepStrictEqual } from 'node:util';
import type { ResolvedResource, ResourceHandler, ResourceHandlers } from '../service.ts';
import type { Catalog } from './catalog.ts';
import { Input } from './input.ts';
import type { GlueDatabase, GlueTable, TableInput } from './types.ts';

/** Databases and tables of a template. */
export function glueResources(catalog: Catalog): ResourceHandlers {
  return {
    'AWS::Glue::Database': databaseHandler(catalog),
    'AWS::Glue::Table': tableHandler(catalog),
  };
}

function databaseHandler(catalog: Catalog): ResourceHandler {
  return {
    properties: {
      CatalogId: 'there is one catalog',
      DatabaseName: true,
      'DatabaseInput.Name': true,
      'DatabaseInput.Description': true,
      'DatabaseInput.LocationUri': true,
      'DatabaseInput.Parameters': true,
    },
    create: ({ properties, generatedName }) => {
      const input = new Input(properties).object('DatabaseInput');
      const name = input.Name ?? properties.DatabaseName ?? generatedName;
      const database = catalog.putDatabase({ ...input, Name: String(name) } as GlueDatabase);
      return { ref: database.Name, attributes: {} };
    },
  };
}

function tableHandler(catalog: Catalog): ResourceHandler {
  return {
    properties: {
      CatalogId: 'there is one catalog',
      DatabaseName: true,
      Name: true,
      'TableInput.Name': true,
      'TableInput.Description': true,
      'TableInput.Owner': 'information for people',
      'TableInput.Retention': 'Glue itself does nothing with it',
      'TableInput.Parameters': true,
      'TableInput.PartitionKeys': true,
      'TableInput.StorageDescriptor': true,
      'TableInput.TableType': true,
    },
    create: (resource) => {
      const database = new Input(resource.properties).string('DatabaseName');
      const input = tableInput(resource);
      const before = catalog.tables(database).find((table) => table.Name === input.Name);
      if (before === undefined) catalog.createTable(database, input);
      else if (!sameDefinition(before, input)) catalog.updateTable(database, input);
      return { ref: input.Name, attributes: {} };
    },
  };
}

function tableInput({ properties, generatedName }: ResolvedResource): TableInput {
  const input = new Input(properties).object('TableInput');
  const name = String(input.Name ?? properties.Name ?? generatedName).toLowerCase();
  return { ...input, Name: name };
}

/** Whether a table has this definition already: then a restart leaves its version as it is. */
function sameDefinition(table: GlueTable, input: TableInput): boolean {
  const { DatabaseName, CatalogId, CreateTime, UpdateTime, VersionId, ...definition } = table;
  return isDeepStrictEqual(
    JSON.parse(JSON.stringify(definition)),
    JSON.parse(JSON.stringify(input)),
  );
}
