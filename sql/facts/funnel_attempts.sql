-- Grain: one attempt, an event that matches step 1, with the earliest time of every further step that it reached in its window.
-- For funnels whose steps no event can fill twice, or of which one event fills all that it matches.
-- From the last step backward: the times of all later steps are a running minimum over the next step's rows that follow, because
-- the chain that starts later never arrives earlier. Order by time, then by step, so that equal times advance.
-- stopped_at: where ClickHouse would look no further at the person (strict order, repetitions). Times are epoch ms. excluded_q_at: the first event of exclusion q after its from-step; what it does is the question's choice.
WITH steps AS (
  {{steps}}
),
matched AS (
  SELECT
    {{keys}}, event_at AS t, {{k}} AS k
    {{#each dimensions}}, {{name}}{{/each}}
    {{#each exclusions}}, min(CASE WHEN {{is}} THEN event_at END) OVER after_it AS {{name}}{{/each}}
    {{#if stops_at_repeats}}, lead(event_at) OVER (PARTITION BY {{keys}}, {{k}} ORDER BY event_at) AS again{{/if}}
    {{#if strict}}, min(CASE WHEN {{k}} = 0 THEN event_at END) OVER after_it AS break_at{{/if}}
    {{#each skips}}, min(CASE WHEN {{outer_k}} = {{m}} THEN event_at END) OVER from_it AS skip_{{m}}_at{{/each}}
  FROM steps
  {{#if exploded}}
  CROSS JOIN (VALUES {{#each bits join ", "}}({{k_value}}, {{low}}, {{high}}){{/each}}) AS bit (k, low, high)
  WHERE CASE WHEN bit.k = 0 THEN matches = 0 ELSE mod(matches, bit.high) >= bit.low END
  {{/if}}
  {{#if looks_around}}
  WINDOW
    after_it AS (PARTITION BY {{keys}} ORDER BY event_at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    from_it AS (PARTITION BY {{keys}} ORDER BY event_at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
  {{/if}}
),
started AS (
  SELECT *,
    max(CASE WHEN k = 1 THEN t END) OVER before AS last_start
  FROM matched
  WHERE k > 1 OR (k = 1 AND t >= {{from}} AND t < {{to}})
  WINDOW before AS (PARTITION BY {{keys}} ORDER BY t, k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
{{first_level}} AS (
  SELECT
    {{keys}}, t, k
    {{#each kept}}, {{name}}{{/each}}
  FROM started
  WHERE k = 1 OR (k > 1 AND t <= last_start + {{window_ms}})
)
{{#each levels}},
{{level}} AS (
  SELECT
    {{keys}}, t, k
    {{#each passed}}, {{name}}{{/each}}
    {{#each carried}}, min(CASE WHEN k = {{next}} THEN {{source}} END) OVER after_this AS {{name}}{{/each}}
  FROM {{previous}}
  WHERE k <= {{next}}
  WINDOW after_this AS (
    PARTITION BY {{keys}} ORDER BY t DESC, k {{direction}}
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
)
{{/each}}
SELECT
  {{keys}},
  t AS started_at
  {{#each reached}}, CASE WHEN {{time}} <= t + {{window_ms}} {{cuts}} THEN {{time}} END AS {{name}}{{/each}}
  {{#each exclusions}}, {{name}}{{/each}}
  {{#if stops_all}}, {{stopped_at}} AS stopped_at{{/if}}
  {{#each dimensions}}, {{name}}{{/each}}
FROM {{last_level}}
WHERE k = 1
