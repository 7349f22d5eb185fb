declare const sqlBrand: unique symbol;

/**
 * A piece of SQL that is safe to send: made only by the functions of this file and by `render`. A plain string is not one,
 * so that text from outside cannot reach a statement unquoted without the compiler's objection.
 */
export type Sql = string & { readonly [sqlBrand]: true };

/** Longest string literal that Millrace sends. Longer values have no place in a filter. */
export const MAX_STRING_LENGTH = 1024;

/** A value that cannot stand in a statement. */
export class UnquotableValueError extends Error {
  override readonly name = 'UnquotableValueError';
}

/**
 * A string literal in Athena's dialect: quotes doubled, nothing else has a meaning inside it.
 * @throws UnquotableValueError for NUL, lone surrogates and more than 1024 characters.
 */
export function sqlString(value: string): Sql {
  if (value.length > MAX_STRING_LENGTH) {
    throw new UnquotableValueError(
      `a value of ${value.length} characters is too long, at most ${MAX_STRING_LENGTH} are allowed: ${value.slice(0, 40)}…`,
    );
  }
  if (value.includes('\0'))
    throw new UnquotableValueError('a value may not hold the NUL character');
  if (!value.isWellFormed())
    throw new UnquotableValueError('a value may not hold half a surrogate pair');
  return `'${value.replaceAll("'", "''")}'` as Sql;
}

/** An integer literal. @throws UnquotableValueError where the number is no safe integer. */
export function sqlInteger(value: number): Sql {
  if (!Number.isSafeInteger(value))
    throw new UnquotableValueError(`an integer is needed, got ${value}`);
  return (value < 0 ? `(${value})` : `${value}`) as Sql;
}

/** A floating point literal of type double. @throws UnquotableValueError for NaN and infinities. */
export function sqlDouble(value: number): Sql {
  if (!Number.isFinite(value))
    throw new UnquotableValueError(`a finite number is needed, got ${value}`);
  return `CAST('${value}' AS double)` as Sql;
}

/**
 * An identifier from a closed list, double-quoted.
 * @throws UnquotableValueError where the name is not in the list or is no plain lower-case name.
 */
export function sqlIdentifier(name: string, allowed: readonly string[]): Sql {
  if (!allowed.includes(name)) {
    throw new UnquotableValueError(
      `unknown name ${JSON.stringify(name)}, allowed are ${allowed.join(', ')}`,
    );
  }
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    throw new UnquotableValueError(`a name is [a-z_][a-z0-9_]*, got ${JSON.stringify(name)}`);
  }
  return `"${name}"` as Sql;
}

/** Tagged template whose holes take only Sql: sql`event = ${sqlString(name)}`. */
export function sql(strings: TemplateStringsArray, ...values: readonly Sql[]): Sql {
  return strings.reduce((text, part, i) => `${text}${values[i - 1] ?? ''}${part}`) as Sql;
}

/** Joins pieces: sqlJoin(predicates, ' AND '). The separator is program text, never input. */
export function sqlJoin(
  parts: readonly Sql[],
  separator: ', ' | ' AND ' | ' OR ' | ' ' | ' UNION ALL ' | ' + ',
): Sql {
  return parts.join(separator) as Sql;
}
