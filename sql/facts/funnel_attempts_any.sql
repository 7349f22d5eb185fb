-- Grain: as funnel_attempts.sql, one attempt an event that matches any step. For steps in any order: the k-th time is when k
-- different steps have been done by different events. Within steps that one event could match, k of them are done when every
-- set of them has as many events as it needs (Hall's theorem): the latest of those times. 9007199254740991 stands for never.
WITH steps AS (
  {{steps}}
),
counted AS (
  SELECT
    {{keys}}, event_at AS t, matches
    {{#each dimensions}}, {{name}}{{/each}}
    {{#each counts}}, CASE WHEN {{is}} THEN lead(event_at, {{ahead}}) OVER (
      PARTITION BY {{keys}}, CASE WHEN {{is}} THEN 1 ELSE 0 END ORDER BY event_at
    ) END AS {{name}}{{/each}}
    {{#each exclusions}}, CASE WHEN {{is}} THEN event_at END AS {{name}}{{/each}}
  FROM steps
),
arriving AS (
  SELECT
    {{keys}}, t, matches
    {{#each dimensions}}, {{name}}{{/each}}
    {{#each counts}}, coalesce(min({{name}}) OVER from_it, 9007199254740991) AS {{name}}{{/each}}
    {{#each exclusions}}, min({{name}}) OVER after_it AS {{name}}{{/each}}
  FROM counted
  WINDOW
    from_it AS (PARTITION BY {{keys}} ORDER BY t DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    after_it AS (PARTITION BY {{keys}} ORDER BY t DESC RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
attempts AS (
  SELECT
    {{keys}}, t, array_sort(ARRAY[{{#each arrivals join ", "}}{{value}}{{/each}}]) AS arrivals
    {{#each exclusions}}, {{name}}{{/each}}
    {{#each dimensions}}, {{name}}{{/each}}
  FROM arriving
  WHERE matches > 0 AND t >= {{from}} AND t < {{to}}
)
SELECT
  {{keys}},
  t AS started_at
  {{#each reached}}, CASE WHEN arrivals[{{m}}] <= t + {{window_ms}} THEN arrivals[{{m}}] END AS {{name}}{{/each}}
  {{#each exclusions}}, {{name}}{{/each}}
  {{#each dimensions}}, {{name}}{{/each}}
FROM attempts
