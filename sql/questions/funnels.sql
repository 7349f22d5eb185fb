-- Grain: one breakdown value and step that somebody reached. Times in ms: lap from the previous step, elapsed from the start.
-- Medians are exact: the middle of the times in order, or the mean of the two middle ones. Equal rows are one row with their
-- number, which leaves next to none of step 1, where all times are 0. Means are left to the reader, as sums.
WITH people AS (
  {{people}}
),
timed AS (
  SELECT
    {{#each by}}{{name}},{{/each}}
    step.k AS step,
    CASE WHEN step.k = 1 THEN 0 {{#each laps}}WHEN step.k = {{m}} THEN {{lap}} {{/each}}END AS lap,
    CASE WHEN step.k = 1 THEN 0 {{#each laps}}WHEN step.k = {{m}} THEN {{elapsed}} {{/each}}END AS elapsed,
    provisional
  FROM people
  CROSS JOIN (VALUES {{#each numbers join ", "}}({{m}}){{/each}}) AS step (k)
  WHERE step.k <= depth
),
grouped AS (
  SELECT {{#each by}}{{name}},{{/each}} step, lap, elapsed, sum(provisional) AS provisional, count(*) AS people
  FROM timed
  GROUP BY {{#each by}}{{name}}, {{/each}}step, lap, elapsed
),
placed AS (
  SELECT *,
    sum(people) OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step) AS reached,
    sum(people) OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step ORDER BY lap ROWS UNBOUNDED PRECEDING) AS lap_place,
    sum(people) OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step ORDER BY elapsed ROWS UNBOUNDED PRECEDING) AS elapsed_place
  FROM grouped
),
answered AS (
  SELECT
    {{#each by}}{{name}},{{/each}}
    step,
    CAST(sum(people) AS bigint) AS people,
    CAST(sum(provisional) AS bigint) AS provisional,
    sum(CAST(lap AS double) * people) AS lap_sum,
    (min(CASE WHEN 2 * lap_place >= reached THEN CAST(lap AS double) END)
      + min(CASE WHEN 2 * lap_place > reached THEN CAST(lap AS double) END)) * 0.5 AS median_lap,
    sum(CAST(elapsed AS double) * people) AS elapsed_sum,
    (min(CASE WHEN 2 * elapsed_place >= reached THEN CAST(elapsed AS double) END)
      + min(CASE WHEN 2 * elapsed_place > reached THEN CAST(elapsed AS double) END)) * 0.5 AS median_elapsed
  FROM placed
  GROUP BY {{#each by}}{{name}}, {{/each}}step
)
{{#if counted_apart}}
SELECT
  {{#each by}}{{name}},{{/each}}
  step,
  max(people) AS people,
  max(provisional) AS provisional,
  max(lap_sum) AS lap_sum,
  max(median_lap) AS median_lap,
  max(elapsed_sum) AS elapsed_sum,
  max(median_elapsed) AS median_elapsed
FROM (
  SELECT
    {{#each by}}{{name}},{{/each}}
    step, people, provisional,
    CAST(NULL AS double) AS lap_sum, CAST(NULL AS double) AS median_lap,
    CAST(NULL AS double) AS elapsed_sum, CAST(NULL AS double) AS median_elapsed
  FROM (
    {{counts}}
  ) AS counts
  UNION ALL
  SELECT
    {{#each by}}{{name}},{{/each}}
    step, CAST(NULL AS bigint), CAST(NULL AS bigint), lap_sum, median_lap, elapsed_sum, median_elapsed
  FROM answered
) AS figures
GROUP BY {{#each by}}{{name}}, {{/each}}step
{{/if}}
{{#if !counted_apart}}
SELECT * FROM answered
{{/if}}
