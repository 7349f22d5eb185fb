-- Grain: one person. From the rows of funnel_attempts_best.sql: the later a row, the later are its start and all of its times, so
-- the best attempt has the latest of each; at the last step, where every arrival is a row, the earliest. Depth 1 takes any start.
SELECT
  counted,
  coalesce(
    min(CASE WHEN depth = {{steps}} THEN started_at END),
    max(CASE WHEN depth > 1 THEN started_at END),
    min(started_at)
  ) AS started_at,
  max(depth) AS depth
  {{#each reached}}, coalesce(min(CASE WHEN depth = {{steps}} THEN {{name}} END), max({{name}})) AS {{name}}{{/each}},
  {{provisional}} AS provisional
FROM (
  {{attempts}}
) AS attempts
GROUP BY counted
