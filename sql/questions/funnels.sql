-- Grain: one breakdown value and step that somebody reached. Times in ms: lap from the previous step, elapsed from the start.
-- Medians are exact: the middle of the times in order, or the mean of the two middle ones.
WITH people AS (
  {{people}}
),
timed AS (
  SELECT
    {{#each by}}{{name}},{{/each}}
    step.k AS step,
    provisional,
    CASE WHEN step.k = 1 THEN 0 {{#each laps}}WHEN step.k = {{m}} THEN {{lap}} {{/each}}END AS lap,
    CASE WHEN step.k = 1 THEN 0 {{#each laps}}WHEN step.k = {{m}} THEN {{elapsed}} {{/each}}END AS elapsed
  FROM people
  CROSS JOIN (VALUES {{#each numbers join ", "}}({{m}}){{/each}}) AS step (k)
  WHERE step.k <= depth
),
placed AS (
  SELECT *,
    count(*) OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step) AS reached,
    row_number() OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step ORDER BY lap) AS lap_place,
    row_number() OVER (PARTITION BY {{#each by}}{{name}}, {{/each}}step ORDER BY elapsed) AS elapsed_place
  FROM timed
)
SELECT
  {{#each by}}{{name}},{{/each}}
  step,
  count(*) AS people,
  CAST(sum(provisional) AS bigint) AS provisional,
  avg(CAST(lap AS double)) AS mean_lap,
  avg(CASE WHEN 2 * lap_place BETWEEN reached AND reached + 2 THEN CAST(lap AS double) END) AS median_lap,
  avg(CAST(elapsed AS double)) AS mean_elapsed,
  avg(CASE WHEN 2 * elapsed_place BETWEEN reached AND reached + 2 THEN CAST(elapsed AS double) END) AS median_elapsed
FROM placed
GROUP BY {{#each by}}{{name}}, {{/each}}step
