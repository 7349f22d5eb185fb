import { QueryError, refused } from './errors.ts';
import { TRINO_FUNCTIONS } from './trino-functions.ts';

/** Functions whose DuckDB namesake means the same. */
const SAME = `
abs acos asin atan atan2 cos cosh sin sinh tan tanh degrees radians exp ln log10 log2 cbrt sqrt pi sign ceil ceiling floor
power pow round random rand
lower upper length reverse trim ltrim rtrim lpad rpad chr starts_with concat_ws translate strpos
now year quarter month week day hour minute second
flatten map map_keys map_values map_entries map_from_entries map_concat
count sum avg min max count_if bool_and bool_or any_value stddev stddev_pop stddev_samp variance var_pop var_samp corr
covar_pop covar_samp regr_slope regr_intercept array_agg histogram
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
coalesce nullif try grouping unnest`;

/** Functions that DuckDB knows under another name. Aggregates must stand here: a macro takes no FILTER and no DISTINCT. */
const RENAMED: Readonly<Record<string, string>> = {
  approx_distinct: 'approx_count_distinct',
  approx_percentile: 'quantile_disc',
  arbitrary: 'any_value',
  every: 'bool_and',
  max_by: 'arg_max_null',
  min_by: 'arg_min_null',
  bitwise_and_agg: 'bit_and',
  bitwise_or_agg: 'bit_or',
  truncate: 'trunc',
  codepoint: 'unicode',
  to_utf8: 'encode',
  from_utf8: 'decode',
  levenshtein_distance: 'levenshtein',
  hamming_distance: 'hamming',
  date_diff: 'date_sub',
  // Its format must be a literal: translate.ts rewrites it.
  date_parse: 'strptime',
  day_of_month: 'day',
  day_of_week: 'isodow',
  dow: 'isodow',
  day_of_year: 'dayofyear',
  doy: 'dayofyear',
  week_of_year: 'week',
  year_of_week: 'isoyear',
  yow: 'isoyear',
  last_day_of_month: 'last_day',
  is_nan: 'isnan',
  is_infinite: 'isinf',
  is_finite: 'isfinite',
  transform: 'list_transform',
  filter: 'list_filter',
  uuid: 'gen_random_uuid',
};

/** Functions that a macro gives their Trino meaning; macros.ts makes them under trino_<name>. */
const MACROS = `
if greatest least concat replace substr substring split split_part mod e nan infinity
json_extract json_extract_scalar json_array_length json_format json_parse json_size
date date_add date_trunc date_format from_unixtime to_unixtime from_iso8601_timestamp from_iso8601_date
to_iso8601 millisecond at_timezone with_timezone current_timezone
cardinality element_at contains array_sort array_join array_max array_min array_position array_remove array_distinct
array_intersect array_except array_union arrays_overlap slice sequence map_agg
regexp_like regexp_extract regexp_extract_all regexp_replace regexp_split regexp_count
url_extract_host url_extract_path url_extract_protocol url_extract_query url_extract_fragment url_extract_parameter
url_extract_port url_decode url_encode
to_hex from_hex to_base64 from_base64 md5 sha1 sha256
bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift geometric_mean`;

const DUCKDB_NAMES: ReadonlyMap<string, string> = new Map([
  ...words(SAME).map((name) => [name, name] as const),
  ...Object.entries(RENAMED),
  ...words(MACROS).map((name) => [name, `trino_${name}`] as const),
]);

const TRINO_NAMES: ReadonlySet<string> = new Set(TRINO_FUNCTIONS);

/**
 * DuckDB's name of a function of Trino 435.
 * @throws QueryError for functions that Trino does not have, and for those that are not implemented here.
 */
export function duckdbFunction(name: string): string {
  const known = DUCKDB_NAMES.get(name.toLowerCase());
  if (known !== undefined) return known;
  if (TRINO_NAMES.has(name.toLowerCase())) throw refused(`function ${name}`);
  throw new QueryError('FUNCTION_NOT_FOUND', `Function '${name}' not registered`);
}

/** Names of the functions that statements may use, in order. */
export function supportedFunctions(): string[] {
  return [...DUCKDB_NAMES.keys()].toSorted();
}

/** Trino's functions that are refused by name, in order. */
export function refusedFunctions(): string[] {
  return TRINO_FUNCTIONS.filter((name) => !DUCKDB_NAMES.has(name));
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
