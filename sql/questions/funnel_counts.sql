-- Grain: one breakdown value and step that somebody reached, without times.
SELECT
  {{#each by}}{{name}},{{/each}}
  step.k AS step,
  CAST(sum(people) AS bigint) AS people,
  CAST(sum(provisional) AS bigint) AS provisional
FROM (
  SELECT {{#each by}}{{name}},{{/each}} depth, count(*) AS people, sum(provisional) AS provisional
  FROM (
    {{levels}}
  ) AS levels
  GROUP BY {{#each by}}{{name}}, {{/each}}depth
) AS depths
CROSS JOIN (VALUES {{#each numbers join ", "}}({{m}}){{/each}}) AS step (k)
WHERE step.k <= depth
GROUP BY {{#each by}}{{name}}, {{/each}}step.k
