import { invalid } from './errors.ts';

/** One page of a list. The token is the place in the list where the next page starts. */
export function page<T>(
  all: readonly T[],
  token: string | undefined,
  limit: number,
): { items: T[]; NextToken?: string } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw invalid(`NextToken ${token} is not one of ours`);
  const end = start + limit;
  const items = all.slice(start, end);
  return end < all.length ? { items, NextToken: String(end) } : { items };
}
