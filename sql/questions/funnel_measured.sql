-- Grain: one attempt with what the question makes of it: the steps that count, how deep it is, when it ends.
-- spoiled: an exclusion throws the attempt out.
WITH attempts AS (
  {{attempts}}
),
{{#if stops_all}}
stopping AS (
  SELECT *,
    min(stopped_at) OVER (
      PARTITION BY counted ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS all_stopped_at
  FROM attempts
),
{{/if}}
ended AS (
  SELECT
    counted, started_at
    {{#each by}}, {{value}} AS {{name}}{{/each}}
    {{#each reached}}, {{in_range}} AS {{name}}{{/each}},
    {{spoiled_at}} AS spoiled_at
  FROM {{#if stops_all}}stopping{{/if}}{{#if !stops_all}}attempts{{/if}}
  WHERE {{filter}} {{#if stops_all}}AND (all_stopped_at IS NULL OR started_at < all_stopped_at){{/if}}
)
SELECT
  counted, started_at
  {{#each by}}, {{name}}{{/each}}
  {{#each reached}}, {{kept}} AS {{name}}{{/each}},
  CASE WHEN started_at IS NULL THEN 0 {{#each deepest}}WHEN {{kept}} IS NOT NULL THEN {{m}} {{/each}}ELSE 1 END AS depth,
  coalesce({{#each deepest}}{{kept}}, {{/each}}started_at, 0) AS ended_at,
  CASE WHEN {{spoiled}} THEN 1 ELSE 0 END AS spoiled
FROM ended
{{#if voids}}WHERE spoiled_at IS NULL{{/if}}
