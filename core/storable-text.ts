/** Text as a column can hold it: NUL is no character of one, and half a surrogate pair none of UTF-8: readers fail on the whole file. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
