-- Grain: one duration in ms between two steps, with the people who took so long. Only people who reached the later step.
WITH people AS (
  {{people}}
)
SELECT {{duration}} AS duration_ms, count(*) AS people
FROM people
WHERE depth >= {{to_step}}
GROUP BY {{duration}}
