-- Grain: as funnel_attempts.sql. For funnels in which one event may match several steps but fill only one of them, and for strict
-- order. Events of one time are taken together: how far they advance an attempt that arrives with k steps done (ahead_k)
-- follows from Hall's theorem: steps can be filled by different events if every set of them is matched by as many events.
-- Then backward over times as in funnel_attempts.sql: next_k_m is when step m is reached by an attempt that leaves this time with k
-- steps done. Strict order looks only at the very next time. 9007199254740991 stands for never.
WITH steps AS (
  {{steps}}
),
counted AS (
  SELECT
    {{keys}}, event_at AS t, matches
    {{#each dimensions}}, {{name}}{{/each}}
    {{#each counts}}, CAST(sum(CASE WHEN {{is}} THEN 1 ELSE 0 END) OVER same_time AS bigint) AS {{name}}{{/each}}
    {{#each counts}}, CASE WHEN {{is}} THEN 1 ELSE 0 END AS {{own}}{{/each}}
    {{#each exclusions}}, min(CASE WHEN {{is}} THEN event_at END) OVER after_it AS {{name}}{{/each}},
    dense_rank() OVER (PARTITION BY {{keys}} ORDER BY event_at) AS g
  FROM steps
  WINDOW
    same_time AS (PARTITION BY {{keys}}, event_at),
    after_it AS (PARTITION BY {{keys}} ORDER BY event_at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
{{first_level}} AS (
  SELECT
    {{keys}}, t, g, matches
    {{#each dimensions}}, {{name}}{{/each}}
    {{#each exclusions}}, {{name}}{{/each}}
    {{#each advances}}, {{value}} AS {{name}}{{/each}},
    {{advance_of_start}} AS ahead_of_start
  FROM counted
)
{{#each levels}},
{{level}} AS (
  SELECT *
    {{#each carried}}, coalesce(min({{value}}) OVER later, 9007199254740991) AS {{name}}{{/each}}
  FROM {{previous}}
  WINDOW later AS (PARTITION BY {{keys}} ORDER BY g DESC RANGE BETWEEN {{frame_start}} PRECEDING AND 1 PRECEDING)
)
{{/each}},
attempts AS (
  SELECT
    {{keys}}, t
    {{#each arrivals}}, {{value}} AS {{name}}{{/each}}
    {{#each dimensions}}, {{name}}{{/each}}
  FROM {{last_level}}
  WHERE {{starts}} AND t >= {{from}} AND t < {{to}}
)
SELECT
  {{keys}},
  t AS started_at
  {{#each reached}}, CASE WHEN {{time}} <= t + {{window_ms}} THEN {{time}} END AS {{name}}{{/each}}
  {{#each exclusions}}, CASE WHEN {{time}} < 9007199254740991 THEN {{time}} END AS {{name}}{{/each}}
  {{#each dimensions}}, {{name}}{{/each}}
FROM attempts
