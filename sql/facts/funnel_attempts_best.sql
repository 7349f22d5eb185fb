-- Grain: as funnel_attempts.sql, but only attempts that can be a person's best: enough for a question that asks for nothing else.
-- Of several starts before the same step 2 the latest is the best, so step 2 brings its start along, and the many events that
-- only start leave the chain at once. One start a person stays, for those who come no further, and those whose window is open.
WITH steps AS (
  {{steps}}
),
matched AS (
  SELECT {{keys}}, event_at AS t, {{k}} AS k
  FROM steps
  {{#if exploded}}
  CROSS JOIN (VALUES {{#each bits join ", "}}({{k_value}}, {{low}}, {{high}}){{/each}}) AS bit (k, low, high)
  WHERE mod(matches, bit.high) >= bit.low
  {{/if}}
),
started AS (
  SELECT
    {{keys}}, t, k,
    max(CASE WHEN k = 1 THEN t END) OVER before AS last_start,
    max(CASE WHEN k = 2 THEN t END) OVER before AS last_second
  FROM matched
  WHERE k > 1 OR (k = 1 AND t >= {{from}} AND t < {{to}})
  WINDOW before AS (PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
{{first_level}} AS (
  SELECT {{keys}}, t, k, last_start
  FROM started
  WHERE (k = 1 AND (last_start IS NULL OR t + {{window_ms}} >= {{settled_until}}))
    OR (k = 2 AND t <= last_start + {{window_ms}} AND (last_second IS NULL OR last_second < last_start))
    OR (k > 2 AND t <= last_start + {{window_ms}})
)
{{#each levels}},
{{level}} AS (
  SELECT
    {{keys}}, t, k, last_start
    {{#each carried}}, min(CASE WHEN k = {{next}} THEN {{source}} END) OVER following AS {{name}}{{/each}}
  FROM {{previous}}
  WHERE k <= {{next}}
  WINDOW following AS (
    PARTITION BY {{keys}} ORDER BY t DESC, k DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
)
{{/each}}
SELECT
  {{keys}},
  CASE WHEN k = 1 THEN t ELSE last_start END AS started_at,
  CASE WHEN k = 2 THEN t END AS reached_2_at
  {{#each reached_later}}, CASE WHEN k = 2 AND {{time}} <= last_start + {{window_ms}} THEN {{time}} END AS {{name}}{{/each}}
FROM {{last_level}}
WHERE k <= 2
