import { ServiceError } from '../service.ts';
import { isRecord } from '../template/values.ts';

/** A row of a query's result, by column. */
export type InsightsRow = Readonly<Record<string, string>>;

type Line = Readonly<Record<string, unknown>>;

/** A column that is grouped by, or summed up. */
interface Column {
  readonly name: string;
  readonly read: (line: Line) => unknown;
}

const FIELD = '[A-Za-z_@][\\w@.]*';

/**
 * Runs a query over lines of JSON: `filter ispresent(a) or ispresent(b) | fields c as y, floor(d / 1000) as z | stats sum(a) as x by y, z`.
 * @throws ServiceError MalformedQueryException for everything else.
 */
export function runInsights(query: string, lines: readonly Line[]): InsightsRow[] {
  const stages = query.split('|').map((stage) => stage.trim());
  const last = stages.pop() ?? '';
  const found = stages.reduce((some, stage) => runStage(stage, some), lines);
  const [, sums = '', names = ''] = /^stats (.+) by (.+)$/.exec(last) ?? refuse(last);
  const summed = sums.split(',').map((one) => columnOf(one, /^sum\((.+)\)$/));
  const grouped = names.split(',').map((one) => columnOf(one));
  const groups = Map.groupBy(found, (line) =>
    JSON.stringify(grouped.map(({ read }) => read(line) ?? null)),
  );
  return [...groups.values()].map((members) =>
    Object.fromEntries([
      ...grouped.map(({ name, read }) => [name, String(read(members[0]!) ?? '')]),
      ...summed.map(({ name, read }) => [name, String(sumOf(members.map(read)))]),
    ]),
  );
}

function runStage(stage: string, lines: readonly Line[]): readonly Line[] {
  const [, command, rest = ''] = /^(filter|fields) (.+)$/.exec(stage) ?? refuse(stage);
  if (command === 'filter') return lines.filter(filterOf(rest));
  const columns = rest.split(',').map((one) => columnOf(one));
  return lines.map((line) => ({
    ...line,
    ...Object.fromEntries(columns.map(({ name, read }) => [name, read(line)])),
  }));
}

function filterOf(condition: string): (line: Line) => boolean {
  const fields = condition.split(/ or /).map((term) => {
    const [, field] = new RegExp(`^ispresent\\((${FIELD})\\)$`).exec(term.trim()) ?? refuse(term);
    return field!;
  });
  return (line) => fields.some((field) => fieldOf(line, field) !== undefined);
}

/** `a as x`, `floor(a / 10) as x`, or what a function of the pattern holds. */
function columnOf(text: string, pattern?: RegExp): Column {
  const [, expression = '', name = expression] =
    /^(.+?)(?: as (\w+))?$/.exec(text.trim()) ?? refuse(text);
  const inner = pattern === undefined ? expression : (pattern.exec(expression) ?? refuse(text))[1];
  const floor = new RegExp(`^floor\\((${FIELD}) / (\\d+)\\)$`);
  const [, divided, by] = floor.exec(inner ?? '') ?? [];
  if (divided !== undefined) {
    return { name, read: (line) => Math.floor(Number(fieldOf(line, divided)) / Number(by)) };
  }
  const [field] = new RegExp(`^${FIELD}$`).exec(inner ?? '') ?? refuse(text);
  return { name, read: (line) => fieldOf(line, field!) };
}

function fieldOf(line: Line, path: string): unknown {
  return path
    .split('.')
    .reduce((value: unknown, part) => (isRecord(value) ? value[part] : undefined), line);
}

function sumOf(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => (typeof value === 'number' ? sum + value : sum), 0);
}

function refuse(text: string): never {
  throw new ServiceError(
    'MalformedQueryException',
    `NotImplemented: ${text}; implemented are filter ispresent(field) or …, fields field as name, floor(field / number) as name, and stats sum(field) as name, … by field, …`,
  );
}
