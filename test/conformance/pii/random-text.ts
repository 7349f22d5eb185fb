import type { Random } from '../../../cli/sample/random.ts';

/** So many random digits. */
export function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += Math.floor(random.next() * 10);
  return text;
}

/** So many random capital letters. */
export function letters(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String.fromCharCode(65 + Math.floor(random.next() * 26));
  return text;
}

/** So many random characters of an alphabet. */
export function characters(random: Random, count: number, alphabet: string): string {
  let text = '';
  for (let i = 0; i < count; i++) text += alphabet[Math.floor(random.next() * alphabet.length)];
  return text;
}

/** A whole number in a closed range. */
export function whole(random: Random, min: number, max: number): number {
  return min + Math.floor(random.next() * (max - min + 1));
}

/** One of a list. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random.next() * list.length)] as T;
}
