-- Grain: one person (or attempt, or counted value) and breakdown value: the attempt that counts.
-- Deepest first, then the one that ends first, then the latest start. Where an exclusion throws a person out, only the clean of the
-- deepest attempts count. provisional: the person could still get deeper, because a window is open.
WITH measured AS (
  {{measured}}
)
{{#if choosing}},
{{#if merging}}
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
{{/if}}
chosen AS (
  SELECT *,
    row_number() OVER (
      PARTITION BY counted{{#each by}}, {{name}}{{/each}}
      ORDER BY depth DESC, spoiled, ended_at, started_at DESC
    ) AS place
    {{#if merging}}, max(latest_start) OVER (PARTITION BY counted{{#each by}}, {{name}}{{/each}}) AS last_started_at{{/if}}
  FROM {{#if merging}}distinct_ends{{/if}}{{#if !merging}}measured{{/if}}
)
{{/if}}
SELECT
  counted, started_at, depth
  {{#each by}}, {{name}}{{/each}}
  {{#each reached}}, {{name}}{{/each}},
  {{provisional}} AS provisional
FROM {{#if choosing}}chosen{{/if}}{{#if !choosing}}measured{{/if}}
WHERE spoiled = 0 {{#if choosing}}AND place = 1{{/if}}
