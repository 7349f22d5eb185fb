import { isRecord } from '../template/values.ts';

/** One value of a metric. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  /** Values of the dimensions by name. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly at: number;
  readonly values: readonly number[];
}

/**
 * The metrics of a log line in CloudWatch's embedded metric format: one datum a metric and set of dimensions. Any other line
 * has none, and so has one that CloudWatch would not understand.
 */
export function embeddedMetrics(line: string): Datum[] {
  if (!line.startsWith('{') || !line.includes('"CloudWatchMetrics"')) return [];
  const root = parse(line);
  const { _aws: head } = root;
  if (!isRecord(head) || typeof head.Timestamp !== 'number') return [];
  const at = head.Timestamp;
  return records(head.CloudWatchMetrics).flatMap(({ Namespace, Dimensions, Metrics }) => {
    if (typeof Namespace !== 'string') return [];
    const sets = Array.isArray(Dimensions) ? Dimensions.filter(Array.isArray) : [];
    return records(Metrics).flatMap(({ Name }) => {
      const values = [root[String(Name)]].flat().filter((value) => typeof value === 'number');
      if (typeof Name !== 'string' || values.length === 0) return [];
      return sets.map((names) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, String(root[name])])),
        at,
        values,
      }));
    });
  });
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
