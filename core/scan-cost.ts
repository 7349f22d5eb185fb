const MB = 1_000_000;
const MIN_BILLED_MB = 10;
const USD_PER_TB = 5;

/** Athena's price of one statement: 5 US dollars a TB scanned, rounded up to a MB, at least 10 MB. */
export function scanCostUsd(bytesScanned: number): number {
  const megabytes = Math.max(MIN_BILLED_MB, Math.ceil(bytesScanned / MB));
  return Number(((megabytes * USD_PER_TB) / 1_000_000).toFixed(6));
}
