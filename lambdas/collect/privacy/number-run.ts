/** A stretch of digits in a text, with what stands between them. */
export interface NumberRun {
  readonly text: string;
  /** Groups of digits: start and end of each. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Digits in all. */
  readonly digits: number;
}

/** Characters between two groups of one run. A number, its extension and what follows in a table are further apart. */
const MOST_SEPARATORS = 3;

/** The run that starts with the digit at `start`. */
export function runAt(text: string, start: number): NumberRun {
  const starts = [start];
  const ends: number[] = [];
  let digits = 0;
  let gap = 0;
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      if (gap > 0) {
        ends.push(i - gap);
        starts.push(i);
        gap = 0;
      }
      digits++;
    } else if (isSeparator(code) && gap < MOST_SEPARATORS) gap++;
    else break;
  }
  ends.push(i - gap);
  return { text, starts, ends, digits };
}

/** Digits of groups `first` to `last`, without what stands between. */
export function digitsOf({ text, starts, ends }: NumberRun, first: number, last: number): string {
  let digits = '';
  for (let i = first; i <= last; i++) digits += text.slice(starts[i], ends[i]);
  return digits;
}

/** Number of digits of a group; 0 where there is none. */
export function sizeOf({ starts, ends }: NumberRun, group: number): number {
  return (ends[group] ?? 0) - (starts[group] ?? 0);
}

/** What stands before a group: between it and the one before. Empty for the first. */
export function gapBefore({ text, starts, ends }: NumberRun, group: number): string {
  return group === 0 ? '' : text.slice(ends[group - 1], starts[group]);
}

/** Whether a number may begin at this group: no letter or hyphen joins it to something else. */
export function beginsAt(run: NumberRun, group: number): boolean {
  if (group > 0) return isApart(gapBefore(run, group));
  const { text, starts } = run;
  const before = (starts[0] ?? 0) - 1;
  return !isWord(text.charCodeAt(before)) && !isJoined(text, before, -1);
}

/** Whether a number may end with this group. */
export function endsAt(run: NumberRun, group: number): boolean {
  if (group < run.starts.length - 1) return isApart(gapBefore(run, group + 1));
  const after = run.ends[group] ?? 0;
  return !isWord(run.text.charCodeAt(after)) && !isJoined(run.text, after, 1);
}

/** Whether a code is that of 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether a code is that of an ASCII letter or digit. */
export function isWord(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

/** Whether a code is that of an ASCII letter. */
export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Numbers with blanks or a slash between them may be several: 12/27 behind a card. */
function isApart(gap: string): boolean {
  return /^[ +/]*[ +/][ +/(]*$/.test(gap);
}

/** A hyphen or dot that has a letter or digit on its other side, as in a UUID, a version or a name of a host. */
function isJoined(text: string, at: number, step: 1 | -1): boolean {
  const code = text.charCodeAt(at);
  return (code === 0x2d || code === 0x2e) && isWord(text.charCodeAt(at + step));
}

/** Blank, ( ) + - . / */
function isSeparator(code: number): boolean {
  return (
    code === 0x20 ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x2b ||
    code === 0x28 ||
    code === 0x29 ||
    code === 0x2f
  );
}
