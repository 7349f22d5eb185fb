import { ServiceError } from '../service.ts';

/** The catalog has no such database, table, partition or version. */
export function notFound(message: string): ServiceError {
  return new ServiceError('EntityNotFoundException', message);
}

/** The catalog has one of that name. */
export function alreadyExists(message: string): ServiceError {
  return new ServiceError('AlreadyExistsException', message);
}

/** The call is not one that Glue takes. */
export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidInputException', message);
}
