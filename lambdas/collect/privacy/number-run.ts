/** A stretch of digits in a text, with what stands between them. */
export interface NumberRun {
  readonly text: string;
  /** Groups of digits: start and end of each. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Digits in all. */
  readonly digits: number;
}

/** What a quick look at a run tells, without a list of its groups. */
export interface RunSize {
  digits: number;
  groups: number;
  /** Digits of the first group. */
  first: number;
  /** Where the last group starts. */
  lastStart: number;
  /** Whether a blank, + or / stands between groups: then they may be several numbers. */
  isApart: boolean;
  end: number;
}

/** Characters between two groups of one run. A number, its extension and what follows in a table are further apart. */
const MOST_SEPARATORS = 3;

/** Where the run starts that the digit at `at` belongs to, not before `from`. */
export function runStart(text: string, at: number, from: number): number {
  let start = at;
  let gap = 0;
  for (let i = at - 1; i >= from; i--) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      start = i;
      gap = 0;
    } else if (!isSeparator(code) || ++gap > MOST_SEPARATORS) break;
  }
  return start;
}

/** Measures the run that starts with the digit at `start`. */
export function measureRun(text: string, start: number, size: RunSize): void {
  let digits = 0;
  let groups = 1;
  let first = 0;
  let lastStart = start;
  let isApart = false;
  let gap = 0;
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      if (gap > 0) {
        if (groups === 1) first = digits;
        groups++;
        lastStart = i;
        gap = 0;
      }
      digits++;
    } else if (isSeparator(code) && gap < MOST_SEPARATORS) {
      if (code === 0x20 || code === 0x2b || code === 0x2f) isApart = true;
      gap++;
    } else break;
  }
  size.isApart = isApart;
  size.digits = digits;
  size.groups = groups;
  size.first = groups === 1 ? digits : first;
  size.lastStart = lastStart;
  size.end = i - gap;
}

/** The run from the digit at `start` to `end`. */
export function runOf(text: string, start: number, { digits, end }: RunSize): NumberRun {
  const starts = [start];
  const ends: number[] = [];
  for (let i = start + 1; i < end; i++) {
    const [is, was] = [isDigit(text.charCodeAt(i)), isDigit(text.charCodeAt(i - 1))];
    if (is && !was) starts.push(i);
    else if (was && !is) ends.push(i);
  }
  ends.push(end);
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
  return !isGluedBefore(run.text, run.starts[0] ?? 0);
}

/** Whether a number may end with this group. */
export function endsAt(run: NumberRun, group: number): boolean {
  if (group < run.starts.length - 1) return isApart(gapBefore(run, group + 1));
  return !isGluedAfter(run.text, run.ends[group] ?? 0);
}

/** Whether a letter stands before a run, or a hyphen or dot joins it to a word, as in a UUID, a version or a host. */
export function isGluedBefore(text: string, start: number): boolean {
  const code = text.charCodeAt(start - 1);
  return isWord(code) || (isJoint(code) && isWord(text.charCodeAt(start - 2)));
}

/** As isGluedBefore, behind the run. */
export function isGluedAfter(text: string, end: number): boolean {
  const code = text.charCodeAt(end);
  return isWord(code) || (isJoint(code) && isWord(text.charCodeAt(end + 1)));
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
  return /[ +/]/.test(gap);
}

/** - . */
function isJoint(code: number): boolean {
  return code === 0x2d || code === 0x2e;
}

/** Blank, ( ) + - . / */
function isSeparator(code: number): boolean {
  return code === 0x20 || (code >= 0x28 && code <= 0x2f && code !== 0x2a && code !== 0x2c);
}
