-- letters_now: the dead letters of a range as they are now. A part of the statements about them.
-- Grain: dead_letter_id. outcome: waiting, failed (it waits, for the newest reason), passed or dismissed. A letter that passed stays so.
-- DISTINCT, because a delivery that was repeated brings the same letter twice. whole: with what it shows beside its groups.
WITH letters AS (
  SELECT DISTINCT
    dead_letter_id,
    received_at,
    code,
    "schema",
    {{#if whole}}
    pointer,
    message,
    message_id,
    "type",
    payload,
    request,
    {{/if}}
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
    redriven_at,
    code,
    pointer,
    message,
    "schema",
    ROW_NUMBER() OVER (
      PARTITION BY dead_letter_id
      ORDER BY
        CASE outcome WHEN 'passed' THEN 0 WHEN 'dismissed' THEN 1 ELSE 2 END,
        redriven_at DESC,
        code,
        pointer
    ) AS place
  FROM redrives
  WHERE app_id = {{app}}
    AND dt >= {{first_day}}
    AND dt <= {{last_day}}
)
SELECT
  letters.dead_letter_id,
  letters.received_at,
  tries.redriven_at,
  COALESCE(tries.outcome, 'waiting') AS outcome,
  CASE WHEN tries.outcome IN ('failed', 'dismissed') THEN tries.code ELSE letters.code END AS code,
  CASE WHEN tries.outcome IN ('failed', 'dismissed') THEN tries."schema" ELSE letters."schema" END AS "schema",
  {{#if whole}}
  CASE WHEN tries.outcome = 'failed' THEN tries.pointer ELSE letters.pointer END AS pointer,
  CASE WHEN tries.outcome = 'failed' THEN tries.message ELSE letters.message END AS message,
  letters.message_id,
  letters."type",
  letters.payload,
  letters.request,
  {{/if}}
  letters."event"
FROM letters
LEFT JOIN tries
  ON letters.dead_letter_id = tries.dead_letter_id
  AND tries.place = 1
