-- Grain: one step that somebody reached, without times. For whole days of up to three months: each month tells whom the months before
-- it in the range have not told, so that nobody has to be looked for twice.
SELECT
  step.k AS step,
  CAST(sum(CASE {{#each steps}}WHEN step.k = {{m}} THEN {{people}} {{/each}}END) AS bigint) AS people,
  CAST(0 AS bigint) AS provisional
FROM (
  {{#each months join " UNION ALL "}}SELECT
    {{#each steps join ","}}count(CASE WHEN {{reached}} THEN 1 END) AS {{people}}{{/each}}
  FROM funnel_months
  WHERE app_id = {{app_id}} AND funnel = {{funnel}} AND event_date = {{month}} AND NOT is_bot{{/each}}
) AS months
CROSS JOIN (VALUES {{#each steps join ", "}}({{m}}){{/each}}) AS step (k)
GROUP BY step.k
HAVING sum(CASE {{#each steps}}WHEN step.k = {{m}} THEN {{people}} {{/each}}END) > 0
