import { ServiceError } from '../service.ts';

/** A statement that fails, as Athena reports it: the code stands before the message in StateChangeReason. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: string;

  /** @param code Trino's error name, as SYNTAX_ERROR or TABLE_NOT_FOUND. */
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What Athena has and this engine does not: refused by name, never run with another meaning. */
export function refused(what: string): QueryError {
  return new QueryError('NOT_SUPPORTED', `${what} is not supported on one machine`);
}

/** A call that Athena would not take. */
export function invalidRequest(message: string): ServiceError {
  return new ServiceError('InvalidRequestException', message);
}
