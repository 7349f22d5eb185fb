-- Grain: one person and month, and how deep the deepest attempt of the month's days in the range is. Which attempt it is nobody knows:
-- started_at is NULL. The days from place a to place b, exclusive: mod(days, 2^b) >= 2^a. Beside it, the attempts that start on days which the range cuts or which are not over yet, one by one.
SELECT
  counted,
  CAST(NULL AS bigint) AS started_at,
  CASE {{#each deepest}}WHEN mod({{days}}, after_last) >= first THEN {{m}} {{/each}}END AS depth,
  0 AS spoiled
FROM (
  SELECT
    {{counted}} AS counted{{#each steps}}, {{days}}{{/each}},
    CASE WHEN event_date = {{first_month}} THEN {{first}} ELSE 1 END AS first,
    CASE WHEN event_date = {{last_month}} THEN {{after_last}} ELSE 2147483648 END AS after_last
  FROM funnel_months
  WHERE app_id = {{app_id}} AND funnel = {{funnel}} AND event_date >= {{first_month}} AND event_date <= {{last_month}}
    {{#if people_only}}AND NOT is_bot{{/if}}
) AS months
WHERE mod(days_1, after_last) >= first
{{#each spans}}
UNION ALL
SELECT counted, started_at, depth, spoiled
FROM (
  {{attempts}}
) AS {{name}}
{{/each}}
