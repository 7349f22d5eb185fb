import { isJsonObject, type JsonShape, shapeOf } from './json.ts';
import { MAX_KEY_LENGTH, MAX_KEYS } from './limits.ts';
import { RefusedError, shown } from './refusal.ts';

/** Characters of the shortest member of an object: `"":1,`. */
const SHORTEST_MEMBER = 5;

/**
 * Checks how many keys the objects of an event have together, and how long they are. The event is not nested too deep.
 * @param text The event's JSON. @param shape Of the text, where it is known.
 * @throws RefusedError that points to the object with a key that is too long, or to the whole.
 */
export function checkKeys(
  event: object,
  text: string,
  { longestString }: JsonShape = shapeOf(text),
): void {
  // Going through all keys takes as long as parsing did: the text mostly shows that there is no need to.
  if (text.length < MAX_KEYS * SHORTEST_MEMBER && longestString <= MAX_KEY_LENGTH) return;
  const keys = new Keys();
  const pointer = keys.longIn(event);
  if (pointer !== undefined) {
    throw refused(
      pointer,
      `${pointer || 'the event'} has a key of ${keys.long.length} characters, ${shown(keys.long)}: at most ${MAX_KEY_LENGTH} are allowed`,
    );
  }
  if (keys.count > MAX_KEYS) {
    throw refused(
      '',
      `the event has ${keys.count} keys in its objects: at most ${MAX_KEYS} are allowed together`,
    );
  }
}

/** Counts keys. */
class Keys {
  count = 0;
  long = '';

  /** Counts the keys in a value; JSON pointer from it to the first object with a key that is too long, if there is one. */
  longIn(value: object): string | undefined {
    const counted = isJsonObject(value);
    for (const key in value) {
      if (counted) {
        this.count++;
        if (key.length > MAX_KEY_LENGTH) {
          this.long = key;
          return '';
        }
      }
      const member = (value as Readonly<Record<string, unknown>>)[key];
      if (typeof member !== 'object' || member === null) continue;
      const pointer = this.longIn(member);
      if (pointer !== undefined) {
        return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`;
      }
    }
    return undefined;
  }
}

function refused(pointer: string, message: string): RefusedError {
  return new RefusedError({ code: 'invalid_event', pointer, message });
}
