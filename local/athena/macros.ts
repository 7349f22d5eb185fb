/** Arguments of greatest and least, which take any number in Trino: a funnel of 20 steps in strict order compares 19 times. */
const MOST_COMPARED = 40;

/**
 * Macros that give Trino's functions Trino's meaning in DuckDB. Each is compared with a real Trino by test/conformance/trino.
 * Where a macro cannot know the type of its argument (lists and maps, dates and timestamps), its text works for each.
 */
export const MACROS: readonly string[] = [
  // NULL in, NULL out: DuckDB's own skip NULLs.
  ...overloads('concat', 2, 24, (args) => `(${args.join(' || ')})`),
  ...overloads('greatest', 1, MOST_COMPARED, (args) => nullIfAnyNull(args, 'greatest')),
  ...overloads('least', 1, MOST_COMPARED, (args) => nullIfAnyNull(args, 'least')),
  'CREATE MACRO trino_if(c, a) AS CASE WHEN c THEN a END, (c, a, b) AS CASE WHEN c THEN a ELSE b END',

  // Text
  `CREATE MACRO trino_substr(s, f) AS CASE WHEN f = 0 OR abs(f) > length(s) THEN left(s, 0) ELSE substring(s, f) END,
     (s, f, n) AS CASE WHEN f = 0 OR abs(f) > length(s) OR n <= 0 THEN left(s, 0) ELSE substring(s, f, n) END`,
  `CREATE MACRO trino_substring(s, f) AS trino_substr(s, f), (s, f, n) AS trino_substr(s, f, n)`,
  "CREATE MACRO trino_replace(s, a) AS replace(s, a, ''), (s, a, b) AS replace(s, a, b)",
  'CREATE MACRO trino_split(s, d) AS string_split(s, d)',
  `CREATE MACRO trino_split_part(s, d, n) AS
     CASE WHEN n < 1 THEN error('Index must be greater than zero') ELSE string_split(s, d)[n] END`,
  'CREATE MACRO trino_regexp_like(s, p) AS regexp_matches(s, p)',
  `CREATE MACRO trino_regexp_extract(s, p) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END,
     (s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END`,
  'CREATE MACRO trino_regexp_extract_all(s, p) AS regexp_extract_all(s, p), (s, p, g) AS regexp_extract_all(s, p, g)',
  `CREATE MACRO trino_regexp_replace(s, p) AS regexp_replace(s, p, '', 'g'),
     (s, p, r) AS regexp_replace(s, p, regexp_replace(replace(r, '\\', '\\\\'), '\\$(\\d)', '\\\\\\1', 'g'), 'g')`,
  'CREATE MACRO trino_regexp_split(s, p) AS string_split_regex(s, p)',
  'CREATE MACRO trino_regexp_count(s, p) AS CAST(len(regexp_extract_all(s, p)) AS BIGINT)',

  // Numbers
  'CREATE MACRO trino_mod(a, b) AS a % b',
  'CREATE MACRO trino_e() AS exp(1e0)',
  "CREATE MACRO trino_nan() AS CAST('nan' AS DOUBLE)",
  "CREATE MACRO trino_infinity() AS CAST('infinity' AS DOUBLE)",
  'CREATE MACRO trino_bitwise_and(a, b) AS CAST(a AS BIGINT) & CAST(b AS BIGINT)',
  'CREATE MACRO trino_bitwise_or(a, b) AS CAST(a AS BIGINT) | CAST(b AS BIGINT)',
  'CREATE MACRO trino_bitwise_xor(a, b) AS xor(CAST(a AS BIGINT), CAST(b AS BIGINT))',
  'CREATE MACRO trino_bitwise_not(a) AS ~CAST(a AS BIGINT)',
  'CREATE MACRO trino_bitwise_left_shift(a, n) AS CAST(a AS BIGINT) << n',
  'CREATE MACRO trino_geometric_mean(x) AS exp(avg(ln(x)))',

  // JSON: a malformed text is NULL, an object or array is no scalar. Paths that are literals come as pointers (json-path.ts).
  `CREATE MACRO trino_json_path(p) AS CASE WHEN starts_with(p, '/') THEN p ELSE regexp_replace(regexp_replace(p, '\\[''([^'']*)''\\]', '."\\1"', 'g'), '\\["([^"]*)"\\]', '."\\1"', 'g') END`,
  `CREATE MACRO trino_json_extract(j, p) AS
     CASE WHEN json_valid(j) THEN json_extract(j, trino_json_path(p)) END`,
  `CREATE MACRO trino_json_extract_scalar(j, p) AS
     CASE WHEN json_valid(j) AND json_type(j, trino_json_path(p)) NOT IN ('OBJECT', 'ARRAY', 'NULL')
     THEN json_extract_string(j, trino_json_path(p)) END`,
  `CREATE MACRO trino_json_array_length(j) AS
     CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END`,
  `CREATE MACRO trino_json_size(j, p) AS CASE WHEN json_valid(j) THEN
     CASE json_type(j, trino_json_path(p))
       WHEN 'ARRAY' THEN CAST(json_array_length(j, trino_json_path(p)) AS BIGINT)
       WHEN 'OBJECT' THEN CAST(len(json_keys(j, trino_json_path(p))) AS BIGINT) ELSE 0 END END`,
  'CREATE MACRO trino_json_parse(s) AS CAST(s AS JSON)',
  'CREATE MACRO trino_json_format(j) AS CAST(json(j) AS VARCHAR)',

  // Time
  'CREATE MACRO trino_date(x) AS CAST(x AS DATE)',
  `CREATE MACRO trino_date_add(unit, n, x) AS cast_to_type(x + CASE lower(unit)
     WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n) WHEN 'minute' THEN to_minutes(n)
     WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(CAST(n AS INTEGER)) WHEN 'week' THEN to_weeks(CAST(n AS INTEGER))
     WHEN 'month' THEN to_months(CAST(n AS INTEGER)) WHEN 'quarter' THEN to_months(CAST(3 * n AS INTEGER))
     WHEN 'year' THEN to_years(CAST(n AS INTEGER)) END, x)`,
  'CREATE MACRO trino_date_trunc(unit, x) AS cast_to_type(date_trunc(unit, x), x)',
  `CREATE MACRO trino_mysql_format(f) AS replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
     f, '%M', '%B'), '%W', '%A'), '%i', '%M'), '%s', '%S'), '%T', '%H:%M:%S'), '%r', '%I:%M:%S %p'), '%e', '%-d'),
     '%c', '%-m'), '%k', '%-H'), '%h', '%I')`,
  'CREATE MACRO trino_date_format(x, f) AS strftime(x, trino_mysql_format(f))',
  // Trino keeps milliseconds here.
  'CREATE MACRO trino_from_unixtime(x) AS make_timestamptz(CAST(round(CAST(x AS DOUBLE) * 1000) AS BIGINT) * 1000)',
  'CREATE MACRO trino_to_unixtime(x) AS CAST(epoch_us(x) AS DOUBLE) / 1e6',
  'CREATE MACRO trino_from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ)',
  'CREATE MACRO trino_from_iso8601_date(s) AS CAST(s AS DATE)',
  `CREATE MACRO trino_to_iso8601(x) AS CASE typeof(x)
     WHEN 'DATE' THEN strftime(x, '%Y-%m-%d')
     WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(x, '%Y-%m-%dT%H:%M:%S.%gZ')
     ELSE strftime(x, '%Y-%m-%dT%H:%M:%S.%g') END`,
  'CREATE MACRO trino_millisecond(x) AS millisecond(x) % 1000',
  'CREATE MACRO trino_at_timezone(x, zone) AS x AT TIME ZONE zone',
  'CREATE MACRO trino_with_timezone(x, zone) AS CAST(x AS TIMESTAMP) AT TIME ZONE zone',
  "CREATE MACRO trino_current_timezone() AS 'UTC'",

  // Arrays and maps
  'CREATE MACRO trino_cardinality(x) AS CAST(len(x) AS BIGINT)',
  'CREATE MACRO trino_element_at(x, k) AS x[k]',
  'CREATE MACRO trino_contains(x, v) AS list_contains(x, v)',
  "CREATE MACRO trino_array_sort(x) AS list_sort(x, 'ASC', 'NULLS LAST')",
  'CREATE MACRO trino_array_join(x, d) AS array_to_string(x, d)',
  'CREATE MACRO trino_array_max(x) AS CASE WHEN NOT list_contains(list_transform(x, v -> v IS NULL), true) THEN list_max(x) END',
  'CREATE MACRO trino_array_min(x) AS CASE WHEN NOT list_contains(list_transform(x, v -> v IS NULL), true) THEN list_min(x) END',
  'CREATE MACRO trino_array_position(x, v) AS CAST(CASE WHEN x IS NOT NULL AND v IS NOT NULL THEN coalesce(list_position(x, v), 0) END AS BIGINT)',
  'CREATE MACRO trino_array_remove(x, v) AS list_filter(x, y -> y <> v)',
  'CREATE MACRO trino_array_distinct(x) AS list_filter(x, (y, i) -> list_position(x, y) = i)',
  'CREATE MACRO trino_array_intersect(a, b) AS list_intersect(a, b)',
  'CREATE MACRO trino_array_except(a, b) AS list_filter(trino_array_distinct(a), y -> NOT list_contains(b, y))',
  'CREATE MACRO trino_array_union(a, b) AS trino_array_distinct(list_concat(a, b))',
  'CREATE MACRO trino_arrays_overlap(a, b) AS list_has_any(a, b)',
  'CREATE MACRO trino_slice(x, f, n) AS list_slice(x, f, f + n - 1)',
  'CREATE MACRO trino_sequence(a, b) AS generate_series(a, b), (a, b, s) AS generate_series(a, b, s)',
  'CREATE MACRO trino_map_agg(k, v) AS map_from_entries(list((k, v)))',

  // URLs
  `CREATE MACRO trino_url_part(u, g) AS CASE WHEN u IS NOT NULL THEN
     regexp_extract(u, '^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://(?:[^/?#@]*@)?([^/?#:]*)(?::(\\d+))?)?([^?#]*)(?:\\?([^#]*))?(?:#(.*))?$', g) END`,
  'CREATE MACRO trino_url_extract_protocol(u) AS trino_url_part(u, 1)',
  'CREATE MACRO trino_url_extract_host(u) AS trino_url_part(u, 2)',
  "CREATE MACRO trino_url_extract_port(u) AS CAST(nullif(trino_url_part(u, 3), '') AS BIGINT)",
  'CREATE MACRO trino_url_extract_path(u) AS url_decode(trino_url_part(u, 4))',
  'CREATE MACRO trino_url_extract_query(u) AS url_decode(trino_url_part(u, 5))',
  'CREATE MACRO trino_url_extract_fragment(u) AS url_decode(trino_url_part(u, 6))',
  `CREATE MACRO trino_url_extract_parameter(u, name) AS url_decode(replace(list_filter(
     string_split(trino_url_part(u, 5), '&'), p -> string_split(p, '=')[1] = name)[1][length(name) + 2:], '+', ' '))`,
  "CREATE MACRO trino_url_decode(s) AS url_decode(replace(s, '+', ' '))",
  "CREATE MACRO trino_url_encode(s) AS replace(replace(url_encode(s), '%20', '+'), '~', '%7E')",

  // Bytes
  'CREATE MACRO trino_to_hex(b) AS hex(b)',
  'CREATE MACRO trino_from_hex(s) AS unhex(s)',
  'CREATE MACRO trino_to_base64(b) AS to_base64(b)',
  'CREATE MACRO trino_from_base64(s) AS from_base64(s)',
  'CREATE MACRO trino_md5(b) AS unhex(md5(CAST(b AS BLOB)))',
  'CREATE MACRO trino_sha1(b) AS unhex(sha1(CAST(b AS BLOB)))',
  'CREATE MACRO trino_sha256(b) AS unhex(sha256(CAST(b AS BLOB)))',
];

/** One macro with a text for each number of arguments. */
function overloads(
  name: string,
  from: number,
  to: number,
  body: (args: readonly string[]) => string,
): string[] {
  const texts = Array.from({ length: to - from + 1 }, (_, i) => {
    const args = Array.from({ length: from + i }, (_, n) => `a${n}`);
    return `(${args.join(', ')}) AS ${body(args)}`;
  });
  return [`CREATE MACRO trino_${name} ${texts.join(', ')}`];
}

function nullIfAnyNull(args: readonly string[], name: string): string {
  const isNull = args.map((arg) => `${arg} IS NULL`).join(' OR ');
  return `CASE WHEN ${isNull} THEN NULL ELSE ${name}(${args.join(', ')}) END`;
}
