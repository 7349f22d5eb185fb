import type { Filter } from './funnel.ts';

/**
 * Whether no event can meet both: no event name in common, or filters that demand different values of one property.
 * False where it cannot be told: then the two are taken to overlap, which is right for any filters, only slower.
 */
export function provablyDisjoint(a: Matching, b: Matching): boolean {
  const open = a.events.includes(null) || b.events.includes(null);
  if (!open && !a.events.some((event) => b.events.includes(event))) return true;
  return demands(a.where).some((one) =>
    demands(b.where).some(
      (other) =>
        one.property === other.property &&
        one.scope === other.scope &&
        !one.values.some((value) => other.values.includes(value)),
    ),
  );
}

interface Matching {
  readonly events: readonly (string | null)[];
  readonly where: readonly Filter[];
}

interface Demand {
  readonly property: string;
  readonly scope: string;
  readonly values: readonly string[];
}

/** Filters of which the property can have only the values listed. Values compare as strings. */
function demands(where: readonly Filter[]): Demand[] {
  return where.flatMap((filter) => {
    if ('all' in filter) return demands(filter.all);
    if ('any' in filter || (filter.op !== 'equals' && filter.op !== 'in')) return [];
    const values = (Array.isArray(filter.value) ? filter.value : [filter.value]).map(String);
    // A number column reads 95 and 95.0 as one value: told apart only where no value looks like a number.
    if (values.some((value) => value.trim() !== '' && Number.isFinite(Number(value)))) {
      return values.every((value) => String(Number(value)) === value)
        ? [{ property: filter.property, scope: filter.scope ?? 'event', values }]
        : [];
    }
    return [{ property: filter.property, scope: filter.scope ?? 'event', values }];
  });
}
