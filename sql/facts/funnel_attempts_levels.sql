-- Grain: the first arrival of each person at each step, as funnel_attempts_best.sql, with its step as depth and without times: for
-- questions that only count. Starts whose window is open stay: they make a person provisional.
-- Forward, a step a pass: a row learns from the rows of the step before it the latest start (s). Only the first row of each
-- step stays, and those of later steps that can still go on. x: time and step in one number, because sorting is most of the work;
-- no event is before the range, and a funnel has at most 20 steps.
WITH steps AS (
  {{steps}}
),
level_1 AS (
  SELECT {{keys}}, (event_at - {{from}}) * 32 + {{k}} AS x, event_at AS s
  FROM steps
  {{#if exploded}}
  CROSS JOIN (VALUES {{#each bits join ", "}}({{k_value}}, {{low}}, {{high}}){{/each}}) AS bit (k, low, high)
  WHERE mod(matches, bit.high) >= bit.low
  {{/if}}
)
{{#each levels}},
passing_{{level}} AS (
  SELECT {{keys}}, x, s,
    max(CASE WHEN mod(x, 32) = {{level}} {{#if starting}}AND s < {{to}} {{/if}}THEN s END) OVER (
      PARTITION BY {{keys}} ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_s
  FROM level_{{level}}
),
level_{{next}} AS (
  SELECT {{keys}}, x, CASE WHEN mod(x, 32) > {{level}} THEN latest_s ELSE s END AS s
  FROM passing_{{level}}
  WHERE {{#if !starting}}mod(x, 32) < {{level}} OR {{/if}}(mod(x, 32) = {{level}} {{#if starting}}AND s < {{to}} {{/if}}
      AND (latest_s IS NULL {{#if starting}}OR s + {{window_ms}} >= {{settled_until}}{{/if}}))
    OR (mod(x, 32) > {{level}} AND x < (latest_s - {{from}} + {{window_ms}} + 1) * 32)
)
{{/each}}
SELECT {{keys}}, s AS started_at, mod(x, 32) AS depth
FROM level_{{last}}
