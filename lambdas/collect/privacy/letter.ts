import type { DeadLetter } from '../../../core/event.ts';
import type { Redactor } from './redactor.ts';

/** A dead letter without what is private. Its payload stays JSON where it is, to be sent again. */
export function redactedLetter(letter: DeadLetter, redactor: Redactor): DeadLetter {
  const { pointer, message, type, event, payload, request } = letter;
  return {
    ...letter,
    pointer: redactor.text(pointer),
    message: redactedMessage(message, pointer, redactor),
    type: type && redactor.text(type),
    event: event && redactor.text(event),
    payload: redactor.payload(payload),
    request: redactor.payload(request),
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
