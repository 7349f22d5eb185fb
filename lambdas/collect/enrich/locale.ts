/** The language that a header Accept-Language wants most, as de-DE; undefined where it names none. */
export function preferredLocale(acceptLanguage: string | undefined): string | undefined {
  let best: string | undefined;
  let bestWeight = 0;
  for (const range of acceptLanguage?.slice(0, 500).split(',') ?? []) {
    const match =
      /^\s*([a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3})\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(range);
    const weight = Number(match?.[2] ?? 1);
    if (match && weight > bestWeight) {
      best = match[1];
      bestWeight = weight;
    }
  }
  return best;
}
