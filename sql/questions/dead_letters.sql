-- dead_letters: dead letters of a range by code, schema, event, day and over all: how many wait, how many of those were sent
-- again in vain, how many were sent again and passed, how many were dismissed.
-- Rows: code, schema, event, day (local epoch ms), by_what (the grouping's bits; 15 for the row over all), waiting,
-- failed_again, redriven, dismissed. A letter that failed again counts under its newest reason, once.
WITH letters_now AS (
  {{letters_now}}
),
counted AS (
  SELECT
    code,
    "schema",
    "event",
    {{day}} AS day,
    CASE WHEN outcome IN ('waiting', 'failed') THEN 1 ELSE 0 END AS waits,
    CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END AS failed,
    CASE WHEN outcome = 'passed' THEN 1 ELSE 0 END AS passed,
    CASE WHEN outcome = 'dismissed' THEN 1 ELSE 0 END AS set_aside
  FROM letters_now
  {{#if chosen}}
  WHERE {{conditions}}
  {{/if}}
)
SELECT
  code,
  "schema",
  "event",
  day,
  grouping(code, "schema", "event", day) AS by_what,
  COALESCE(SUM(waits), 0) AS waiting,
  COALESCE(SUM(failed), 0) AS failed_again,
  COALESCE(SUM(passed), 0) AS redriven,
  COALESCE(SUM(set_aside), 0) AS dismissed
FROM counted
GROUP BY GROUPING SETS ((), (code), ("schema"), ("event"), (day))
ORDER BY by_what DESC, waiting DESC, redriven DESC, dismissed DESC, code, "schema", "event", day
LIMIT {{limit}}
