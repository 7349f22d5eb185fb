-- dead_letters: dead letters of a range by code, schema, event, day and over all: how many wait, how many of those were sent
-- again in vain, how many were sent again and passed.
-- Rows: code, schema, event, day (local epoch ms), by_what (the grouping's bits; 15 for the row over all), waiting,
-- failed_again, redriven. A letter that failed again counts under its newest reason, once.
-- DISTINCT, because a delivery that was repeated brings the same letter twice.
WITH letters AS (
  SELECT DISTINCT
    dead_letter_id,
    received_at,
    code,
    "schema",
    "event"
  FROM dead_letters
  WHERE app_id = {{app}}
    AND dt >= {{first_day}}
    AND dt <= {{last_day}}
    AND received_at >= {{from}}
    AND received_at < {{to}}
),
tries AS (
  SELECT
    dead_letter_id,
    outcome,
    code,
    "schema",
    ROW_NUMBER() OVER (
      PARTITION BY dead_letter_id
      ORDER BY CASE WHEN outcome = 'passed' THEN 0 ELSE 1 END, redriven_at DESC, code, pointer
    ) AS place
  FROM redrives
  WHERE app_id = {{app}}
    AND dt >= {{first_day}}
    AND dt <= {{last_day}}
),
letters_now AS (
  SELECT
    CASE WHEN tries.outcome = 'failed' THEN tries.code ELSE letters.code END AS code,
    CASE WHEN tries.outcome = 'failed' THEN tries."schema" ELSE letters."schema" END AS "schema",
    letters."event",
    {{day}} AS day,
    CASE WHEN tries.outcome = 'passed' THEN 1 ELSE 0 END AS redriven,
    CASE WHEN tries.outcome = 'failed' THEN 1 ELSE 0 END AS failed_again
  FROM letters
  LEFT JOIN tries
    ON letters.dead_letter_id = tries.dead_letter_id
    AND tries.place = 1
)
SELECT
  code,
  "schema",
  "event",
  day,
  grouping(code, "schema", "event", day) AS by_what,
  COALESCE(SUM(1 - redriven), 0) AS waiting,
  COALESCE(SUM(failed_again), 0) AS failed_again,
  COALESCE(SUM(redriven), 0) AS redriven
FROM letters_now
{{#if chosen}}
WHERE {{conditions}}
{{/if}}
GROUP BY GROUPING SETS ((), (code), ("schema"), ("event"), (day))
ORDER BY by_what DESC, waiting DESC, redriven DESC, code, "schema", "event", day
LIMIT {{limit}}
