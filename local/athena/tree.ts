import { type TableName, tableName } from './statement.ts';

/** A node of DuckDB's syntax tree (json_serialize_sql). */
export type Node = Readonly<Record<string, unknown>>;

/** A place where a query reads a table of the catalog. */
export interface TableReference {
  readonly name: TableName;
  /** Byte offset of the name in the statement. */
  readonly offset: number;
  /** Empty where the query gives none. */
  readonly alias: string;
  /** Conditions that rows of the table must satisfy, of the nearest SELECT. */
  readonly conditions: readonly Node[];
  /** An outer join may put NULLs in the place of this table's rows. */
  readonly outerJoined: boolean;
}

/** What a statement reads. */
export interface Reads {
  readonly tables: readonly TableReference[];
  /** Names of columns anywhere in the statement, in lower case; null where a star may mean any. */
  readonly columns: ReadonlySet<string> | null;
  /** Names of the result's columns that the query leaves to Trino: their places. */
  readonly unnamed: readonly number[];
}

/** Reads which tables and columns a statement uses, from its syntax tree. */
export function readsOf(tree: Node): Reads {
  const walk = new Walk();
  const statement = (tree.statements as Node[])[0]!;
  const node = statement.node as Node;
  walk.query(node, new Set());
  return {
    tables: walk.tables,
    columns: walk.star ? null : walk.columns,
    unnamed: unnamedColumns(node),
  };
}

class Walk {
  readonly tables: TableReference[] = [];
  readonly columns = new Set<string>();
  star = false;

  /** A query node: names of its WITH hide tables of the catalog in what follows. */
  query(node: Node, outer: ReadonlySet<string>): void {
    let named = outer;
    for (const { key, value } of entries(node.cte_map)) {
      const query = (value.query as Node).node as Node;
      const within = query.type === 'RECURSIVE_CTE_NODE' ? new Set([...named, key]) : named;
      this.query(query, within);
      named = new Set([...named, key]);
    }
    const from = node.from_table as Node | null | undefined;
    if (from != null) {
      const conditions = [node.where_clause as Node | null, ...innerConditions(from)];
      this.#from(
        from,
        conditions.filter((condition) => condition !== null),
        named,
        false,
      );
    }
    for (const [name, value] of Object.entries(node)) {
      if (name === 'cte_map' || name === 'from_table') continue;
      // A star over named queries and subqueries means columns that these name themselves.
      const isOpen = name !== 'select_list' || (from != null && readsTable(from, named));
      this.#any(isOpen ? value : (value as Node[]).filter((item) => item.class !== 'STAR'), named);
    }
  }

  #from(node: Node, conditions: readonly Node[], named: ReadonlySet<string>, outer: boolean): void {
    if (node.type === 'BASE_TABLE') this.#table(node, conditions, named, outer);
    else if (node.type === 'JOIN') {
      const join = String(node.join_type);
      this.#from(node.left as Node, conditions, named, outer || !['INNER', 'LEFT'].includes(join));
      this.#from(node.right as Node, conditions, named, outer || join !== 'INNER');
      this.#any(node.condition, named);
      for (const column of (node.using_columns as string[] | undefined) ?? [])
        this.columns.add(column.toLowerCase());
      if (node.ref_type === 'NATURAL') this.star = true;
    } else this.#any(node, named);
  }

  #table(
    node: Node,
    conditions: readonly Node[],
    named: ReadonlySet<string>,
    outer: boolean,
  ): void {
    const parts = [node.catalog_name, node.schema_name, node.table_name].map(String);
    const [, schema, table] = parts;
    if (schema === '' && named.has(table!.toLowerCase())) return;
    this.tables.push({
      name: tableName(parts.filter((part) => part !== '')),
      offset: Number(node.query_location),
      alias: String(node.alias),
      conditions,
      outerJoined: outer,
    });
  }

  #any(value: unknown, named: ReadonlySet<string>): void {
    if (Array.isArray(value)) for (const item of value) this.#any(item, named);
    else if (typeof value === 'object' && value !== null) this.#node(value as Node, named);
  }

  #node(node: Node, named: ReadonlySet<string>): void {
    if ('cte_map' in node) {
      this.query(node, named);
      return;
    }
    if (node.class === 'COLUMN_REF')
      this.columns.add(String((node.column_names as string[]).at(-1)).toLowerCase());
    if (node.class === 'STAR') this.star = true;
    if (node.type === 'BASE_TABLE' || node.type === 'JOIN') this.#from(node, [], named, false);
    else for (const value of Object.values(node)) this.#any(value, named);
  }
}

/** Whether one of the sources of a SELECT is a table of the catalog itself. */
function readsTable(from: Node, named: ReadonlySet<string>): boolean {
  switch (from.type) {
    case 'BASE_TABLE':
      return from.schema_name !== '' || !named.has(String(from.table_name).toLowerCase());
    case 'JOIN':
      return readsTable(from.left as Node, named) || readsTable(from.right as Node, named);
    default:
      return !['SUBQUERY', 'EXPRESSION_LIST', 'TABLE_FUNCTION', 'EMPTY'].includes(
        String(from.type),
      );
  }
}

/** Conditions of inner joins hold for every row, as those of WHERE do. */
function innerConditions(from: Node): Node[] {
  if (from.type !== 'JOIN' || from.join_type !== 'INNER') return [];
  const own = from.condition as Node | null;
  return [
    ...(own === null ? [] : [own]),
    ...innerConditions(from.left as Node),
    ...innerConditions(from.right as Node),
  ];
}

function entries(cteMap: unknown): { readonly key: string; readonly value: Node }[] {
  const map = ((cteMap as Node | undefined)?.map ?? []) as { key: string; value: Node }[];
  return map.map(({ key, value }) => ({ key: key.toLowerCase(), value }));
}

/** Trino calls expressions without a name _col0, _col1, … by their place. */
function unnamedColumns(node: Node): number[] {
  if (node.type !== 'SELECT_NODE')
    return node.left === undefined ? [] : unnamedColumns(node.left as Node);
  const list = node.select_list as Node[];
  if (list.some((item) => item.class === 'STAR')) return [];
  return list.flatMap((item, i) => (item.class === 'COLUMN_REF' || item.alias !== '' ? [] : [i]));
}
