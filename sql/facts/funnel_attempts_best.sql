-- Grain: the first arrival of each person at each step, with the latest start and the earliest times that lead there: the deepest
-- of these rows is the person's best attempt. Enough for a question that asks for nothing else, and much less work, because
-- all but one of the events that only start leave at once. Starts whose window is open stay: they make a person provisional.
-- Forward, a step a pass: a row learns from the rows of the step before it the latest start (s) and its times (time_m).
-- Rows that arrive again with a start that has arrived already are dropped (again_at), so that times are the earliest.
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
  SELECT {{keys}}, t, k, max(CASE WHEN k = 1 AND t >= {{from}} AND t < {{to}} THEN t END) OVER before AS s
  FROM matched
  WINDOW before AS (PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
second_step AS (
  SELECT {{keys}}, t, k, s, max(CASE WHEN k = 2 THEN t END) OVER before AS again_at
  FROM started
  WHERE (k = 1 AND t >= {{from}} AND t < {{to}} AND (s IS NULL OR t + {{window_ms}} >= {{settled_until}}))
    OR (k > 1 AND t <= s + {{window_ms}})
  WINDOW before AS (PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
level_1 AS (
  SELECT {{keys}}, t, k, CASE WHEN k = 1 THEN t ELSE s END AS s
  FROM second_step
  WHERE k <> 2 OR again_at IS NULL OR again_at < s
)
{{#each levels}},
passing_{{level}} AS (
  SELECT
    {{keys}}, t, k, s
    {{#each known}}, {{name}}{{/each}},
    max(CASE WHEN k = {{level}} THEN s END) OVER before AS latest_s
    {{#each known}}, max(CASE WHEN k = {{level}} THEN {{name}} END) OVER before AS latest_{{name}}{{/each}},
    max(CASE WHEN k = {{level}} THEN t END) OVER before AS latest_time_{{level}}
    {{#if goes_on}}, max(CASE WHEN k = {{next}} THEN t END) OVER before AS again_at{{/if}}
  FROM level_{{previous}}
  WINDOW before AS (PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
level_{{level}} AS (
  SELECT
    {{keys}}, t, k, CASE WHEN k > {{level}} THEN latest_s ELSE s END AS s
    {{#each known}}, CASE WHEN k > {{level}} THEN latest_{{name}} ELSE {{name}} END AS {{name}}{{/each}},
    latest_time_{{level}} AS time_{{level}}
  FROM passing_{{level}}
  WHERE k < {{level}}
    OR (k = {{level}} AND latest_s IS NULL)
    OR (k > {{level}} AND t <= latest_s + {{window_ms}}
      {{#if goes_on}}AND (k > {{next}} OR again_at IS NULL OR again_at < latest_time_{{level}}){{/if}})
)
{{/each}}
SELECT
  {{keys}},
  s AS started_at,
  k AS depth
  {{#each reached}}, CASE WHEN k = {{m}} THEN t {{#if passed}}WHEN k > {{m}} THEN {{time}} {{/if}}END AS {{name}}{{/each}}
FROM level_{{last}}
