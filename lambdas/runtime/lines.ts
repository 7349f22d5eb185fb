/**
 * Most bytes of one packed record, partition key included: Kinesis takes 1 MiB and Firehose 1,000 KiB; the rest is a
 * margin.
 */
export const MAX_RECORD_BYTES = 1_000_000;

/**
 * Packs JSON lines into as few texts as fit the limit, in their order, each line ended by a newline. One record a request
 * and not one an event, because Kinesis and Firehose bill by record (25 KB and 5 KB units).
 * @throws Error where one line alone is too large.
 */
export function packLines(lines: readonly string[], maxBytes: number = MAX_RECORD_BYTES): Buffer[] {
  if (lines.length === 0) return [];
  // Appended and not joined: of a join the newline at the end would make another copy.
  let text = '';
  for (const line of lines) text += `${line}\n`;
  const whole = Buffer.from(text);
  if (whole.byteLength <= maxBytes) return [whole];
  if (lines.length === 1) {
    throw new Error(`one line has ${whole.byteLength} bytes: at most ${maxBytes} fit a record`);
  }
  const middle = lines.length >> 1;
  return [
    ...packLines(lines.slice(0, middle), maxBytes),
    ...packLines(lines.slice(middle), maxBytes),
  ];
}

/** Splits a list into runs of at most `count` members and `bytes` bytes together: the limits of a batch call. */
export function splitByLimits<T>(
  list: readonly T[],
  sizeOf: (member: T) => number,
  limits: { readonly count: number; readonly bytes: number },
): T[][] {
  const runs: T[][] = [];
  let run: T[] = [];
  let bytes = 0;
  for (const member of list) {
    const size = sizeOf(member);
    if (run.length > 0 && (run.length >= limits.count || bytes + size > limits.bytes)) {
      runs.push(run);
      run = [];
      bytes = 0;
    }
    run.push(member);
    bytes += size;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
