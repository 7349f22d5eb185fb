import type { DeadLetter } from '../../../core/event.ts';
import type { Redactor } from './redactor.ts';
import type { Redactors } from './redactors.ts';

/** A dead letter without write keys and without what is private. Its payload stays JSON where it is, to be sent again. */
export function redactedLetter(letter: DeadLetter, redactors: Redactors): DeadLetter {
  const redactor = redactors.of(letter.app_id);
  // Keys go first: of one with digits that look like a number of somebody only these would go.
  const keyless = withoutKeys(letter, redactors);
  const { pointer, message, type, event, payload, request } = keyless;
  return {
    ...keyless,
    pointer: redactor.text(pointer),
    message: redactedMessage(message, pointer, redactor),
    type: type && redactor.text(type),
    event: event && redactor.text(event),
    payload: redactor.payload(payload),
    request: redactor.payload(request),
  };
}

function withoutKeys(letter: DeadLetter, { writeKeys }: Redactors): DeadLetter {
  const { app_id, pointer, message, message_id, type, event, payload, request } = letter;
  const without = (text: string) => writeKeys.without(text, app_id);
  return {
    ...letter,
    pointer: without(pointer),
    message: without(message),
    message_id: message_id && without(message_id),
    type: type && without(type),
    event: event && without(event),
    payload: without(payload),
    request: without(request),
  };
}

/** The message of a refusal without the value that it shows where that is private by its name, and without what is private by its form. */
export function redactedMessage(message: string, pointer: string, redactor: Redactor): string {
  return redactor.text(withoutValue(message, redactor.isPrivate(pointer)));
}

/** Messages are `<pointer> is <value>: <what is allowed>`; of a private value the last part is left. */
function withoutValue(message: string, isPrivate: boolean): string {
  if (!isPrivate) return message;
  const allowed = message.lastIndexOf(': ');
  return allowed < 0 ? message : `the value is private${message.slice(allowed)}`;
}
