import { compareSchemas } from './compatibility.ts';
import { type EventSchema, readEventSchemas } from './read.ts';

/** What is wrong between versions of schemas. */
export class IncompatibleSchemasError extends Error {
  override name = 'IncompatibleSchemasError';
  readonly problems: readonly string[];

  /** @param problems One line each. */
  constructor(problems: readonly string[]) {
    super(`schemas are not compatible:\n${problems.join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Checks that within one major every version accepts what the versions before it accept. Each is compared with the one before:
 * what holds from one to the next holds for all. The schemas are ones that compile.
 * @returns the schemas, by event, the oldest version first.
 * @throws IncompatibleSchemasError that names event, versions, JSON pointer, and what breaks. InvalidSchemaError where a file is wrong.
 */
export function checkSchemas(folder: string): EventSchema[] {
  const schemas = readEventSchemas(folder);
  const problems = schemas.flatMap((newer, i) => {
    const older = schemas[i - 1];
    if (older === undefined || !isSuccessor(older, newer)) return [];
    return compareSchemas(older.schema, newer.schema).map(
      ({ pointer, rule, message }) =>
        `${newer.event}: ${newer.version} is not compatible with ${older.version} at ${JSON.stringify(pointer)} (${rule}): ${message}; it needs a new major, ${nextMajor(schemas, newer)}`,
    );
  });
  if (problems.length > 0) throw new IncompatibleSchemasError(problems);
  return schemas;
}

function isSuccessor(older: EventSchema, newer: EventSchema): boolean {
  return older.event === newer.event && majorOf(older) === majorOf(newer);
}

function nextMajor(schemas: readonly EventSchema[], { event }: EventSchema): string {
  const majors = schemas.filter((schema) => schema.event === event).map(majorOf);
  return `${Math.max(...majors) + 1}-0-0`;
}

function majorOf({ version }: EventSchema): number {
  return Number.parseInt(version, 10);
}
