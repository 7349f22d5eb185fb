-- Grain: one person (or attempt, or counted value) and breakdown value: the attempt that counts.
-- Deepest first, then the one that ends first, then the latest start. Where an exclusion throws a person out, only the clean of the
-- deepest attempts count. provisional: the person could still get deeper, because a window is open.
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
),
measured AS (
  SELECT
    counted, started_at
    {{#each by}}, {{name}}{{/each}}
    {{#each reached}}, {{kept}} AS {{name}}{{/each}},
    CASE WHEN started_at IS NULL THEN 0 {{#each deepest}}WHEN {{kept}} IS NOT NULL THEN {{m}} {{/each}}ELSE 1 END AS depth,
    coalesce({{#each deepest}}{{kept}}, {{/each}}started_at, 0) AS ended_at,
    CASE WHEN {{spoiled}} THEN 1 ELSE 0 END AS spoiled
  FROM ended
  {{#if voids}}WHERE spoiled_at IS NULL{{/if}}
)
{{#if choosing}},
-- Attempts with the same times further on differ in their start alone: most of them are those that came no further.
distinct_ends AS (
  SELECT
    counted, depth, spoiled
    {{#each by}}, {{name}}{{/each}}
    {{#each reached}}, {{name}}{{/each}},
    CASE WHEN depth = 1 THEN min(started_at) ELSE max(started_at) END AS started_at,
    CASE WHEN depth = 1 THEN min(started_at) ELSE max(ended_at) END AS ended_at,
    max(started_at) AS latest_start
  FROM measured
  GROUP BY counted, depth, spoiled{{#each by}}, {{name}}{{/each}}{{#each reached}}, {{name}}{{/each}}
),
chosen AS (
  SELECT *,
    row_number() OVER (
      PARTITION BY counted{{#each by}}, {{name}}{{/each}}
      ORDER BY depth DESC, spoiled, ended_at, started_at DESC
    ) AS place,
    max(latest_start) OVER (PARTITION BY counted{{#each by}}, {{name}}{{/each}}) AS last_started_at
  FROM distinct_ends
)
{{/if}}
SELECT
  counted, started_at, depth
  {{#each by}}, {{name}}{{/each}}
  {{#each reached}}, {{name}}{{/each}},
  CASE WHEN depth < {{steps}} AND {{last_start}} + {{window_ms}} >= {{settled_until}} AND {{range_open}} THEN 1 ELSE 0 END
    AS provisional
FROM {{#if choosing}}chosen{{/if}}{{#if !choosing}}measured{{/if}}
WHERE spoiled = 0 {{#if choosing}}AND place = 1{{/if}}
