/** A column as Glue names it: types are Hive's (bigint, string, array<string>, …). */
export interface GlueColumn {
  readonly Name: string;
  readonly Type: string;
  readonly Comment?: string;
}

/** How files of a table or partition are read, and where they are. */
export interface StorageDescriptor {
  readonly Columns?: readonly GlueColumn[];
  readonly Location?: string;
  readonly InputFormat?: string;
  readonly OutputFormat?: string;
  readonly SerdeInfo?: {
    readonly SerializationLibrary?: string;
    readonly Parameters?: Readonly<Record<string, string>>;
  };
  readonly [name: string]: unknown;
}

/** What a caller says of a table. */
export interface TableInput {
  readonly Name: string;
  readonly Description?: string;
  readonly TableType?: string;
  readonly Parameters?: Readonly<Record<string, string>>;
  readonly PartitionKeys?: readonly GlueColumn[];
  readonly StorageDescriptor?: StorageDescriptor;
  readonly [name: string]: unknown;
}

/** A table as the catalog holds it. Times are epoch seconds. */
export interface GlueTable extends TableInput {
  readonly DatabaseName: string;
  readonly CatalogId: string;
  readonly CreateTime: number;
  readonly UpdateTime: number;
  readonly VersionId: string;
}

/** What a caller says of a partition. */
export interface PartitionInput {
  readonly Values?: readonly string[];
  readonly StorageDescriptor?: StorageDescriptor;
  readonly Parameters?: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** A registered partition. Its key values stand here, never in the path. */
export interface GluePartition extends PartitionInput {
  readonly Values: readonly string[];
  readonly DatabaseName: string;
  readonly TableName: string;
  readonly CatalogId: string;
  readonly CreationTime: number;
}

/** A database as the catalog holds it. */
export interface GlueDatabase {
  readonly Name: string;
  readonly CatalogId: string;
  readonly CreateTime: number;
  readonly Description?: string;
  readonly LocationUri?: string;
  readonly Parameters?: Readonly<Record<string, string>>;
}
