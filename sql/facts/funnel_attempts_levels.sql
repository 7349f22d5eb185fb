-- Grain: the first arrival of each person at each step, as funnel_attempts_best.sql, with its step as depth and without times: for
-- questions that only count. Starts whose window is open stay: they make a person provisional.
-- Forward, a step a pass: a row learns from the rows of the step before it the latest start (s). Only the first row of each
-- step stays, and those of later steps that can still go on.
WITH steps AS (
  {{steps}}
),
level_1 AS (
  SELECT {{keys}}, event_at AS t, {{k}} AS k, event_at AS s
  FROM steps
  {{#if exploded}}
  CROSS JOIN (VALUES {{#each bits join ", "}}({{k_value}}, {{low}}, {{high}}){{/each}}) AS bit (k, low, high)
  WHERE mod(matches, bit.high) >= bit.low
  {{/if}}
)
{{#each levels}},
passing_{{level}} AS (
  SELECT {{keys}}, t, k, s,
    max(CASE WHEN k = {{level}} {{#if starting}}AND t >= {{from}} AND t < {{to}} {{/if}}THEN s END) OVER (
      PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_s
  FROM level_{{level}}
),
level_{{next}} AS (
  SELECT {{keys}}, t, k, CASE WHEN k > {{level}} THEN latest_s ELSE s END AS s
  FROM passing_{{level}}
  WHERE {{#if !starting}}k < {{level}} OR {{/if}}(k = {{level}} {{#if starting}}AND t >= {{from}} AND t < {{to}} {{/if}}
      AND (latest_s IS NULL {{#if open_starts}}OR t + {{window_ms}} >= {{settled_until}}{{/if}}))
    OR (k > {{level}} AND t <= latest_s + {{window_ms}})
)
{{/each}}
SELECT {{keys}}, s AS started_at, k AS depth
FROM level_{{last}}
