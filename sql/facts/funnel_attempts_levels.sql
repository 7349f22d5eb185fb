-- Grain: the first arrival of each person at each step, as funnel_attempts_best.sql, with its step as depth and without times: for
-- questions that only count. Starts whose window is open stay: they make a person provisional.
-- Forward, a step a pass: a row learns from the rows of the step before it the latest start (s). Only the first row of each
-- step stays, and those of later steps that can still go on. x: time and step in one number, because sorting is most of the work;
-- no event is before the range, so that x is at least 32, and a funnel has at most 20 steps. s: the start's x.
-- Where nobody is provisional only numbers are wanted: people who stay at a step become one row with their number, so that the
-- passes that follow do not sort them again (from the second on: before, most rows are of people who go on). Its x is the step.
WITH steps AS (
  {{steps}}
),
level_1 AS (
  SELECT {{keys}}, (event_at - {{before_from}}) * 32 + {{k}} AS x
  FROM steps
  {{#if exploded}}
  CROSS JOIN (VALUES {{#each bits join ", "}}({{k_value}}, {{low}}, {{high}}){{/each}}) AS bit (k, low, high)
  WHERE mod(matches, bit.high) >= bit.low
  {{/if}}
)
{{#each levels}},
passing_{{level}} AS (
  SELECT {{keys}}, x{{#if !starting}}, s{{/if}}{{#if numbered}}, people{{/if}},
    max(CASE WHEN mod(x, 32) = {{level}} {{#if starting}}AND x < {{to_x}} THEN x {{/if}}{{#if !starting}}THEN s {{/if}}END) OVER (
      PARTITION BY {{keys}} ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_s
  FROM level_{{level}}
),
level_{{next}} AS (
  {{#if collapsing}}
  SELECT {{keys}}, x, s, CASE WHEN x > 32 THEN 1 ELSE sum(people) END AS people
  FROM (
    SELECT
      {{#each key_columns}}CASE WHEN mod(x, 32) > {{level}} THEN {{name}} END AS {{name}},{{/each}}
      CASE WHEN mod(x, 32) > {{level}} THEN x ELSE mod(x, 32) END AS x,
      CASE WHEN mod(x, 32) > {{level}} THEN latest_s END AS s,
      {{#if numbered}}people{{/if}}{{#if !numbered}}1 AS people{{/if}}
    FROM passing_{{level}}
    WHERE {{stays}}
  ) AS staying
  GROUP BY {{keys}}, x, s
  {{/if}}
  {{#if !collapsing}}
  SELECT {{keys}}, x, CASE WHEN mod(x, 32) > {{level}} THEN latest_s ELSE {{#if starting}}x{{/if}}{{#if !starting}}s{{/if}} END AS s
  FROM passing_{{level}}
  WHERE {{stays}}
  {{/if}}
)
{{/each}}
{{#if counting}}
SELECT
  mod(x, 32) AS step,
  CAST(CASE WHEN mod(x, 32) = {{last}} THEN count(DISTINCT {{keys}}) ELSE sum({{people}}) END AS bigint) AS people,
  CAST(0 AS bigint) AS provisional
FROM level_{{last}}
GROUP BY mod(x, 32)
{{/if}}
{{#if !counting}}
SELECT {{keys}}, CAST((s - 1) * 0.03125 AS bigint) + {{before_from}} AS started_at, mod(x, 32) AS depth
FROM level_{{last}}
{{/if}}
