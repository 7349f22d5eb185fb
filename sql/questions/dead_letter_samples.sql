-- dead_letter_samples: the newest dead letters of a range that wait, each with its newest reason.
-- Grain: dead_letter_id. Payloads are cut, so that an answer has an end; payload_length is the whole length in characters.
WITH letters AS (
  SELECT DISTINCT
    dead_letter_id,
    received_at,
    code,
    pointer,
    message,
    "schema",
    message_id,
    "type",
    "event",
    payload,
    request
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
      ORDER BY CASE WHEN outcome = 'passed' THEN 0 ELSE 1 END, redriven_at DESC, code, pointer
    ) AS place
  FROM redrives
  WHERE app_id = {{app}}
    AND dt >= {{first_day}}
    AND dt <= {{last_day}}
),
letters_now AS (
  SELECT
    letters.dead_letter_id,
    letters.received_at,
    tries.redriven_at,
    CASE WHEN tries.outcome = 'failed' THEN tries.code ELSE letters.code END AS code,
    CASE WHEN tries.outcome = 'failed' THEN tries.pointer ELSE letters.pointer END AS pointer,
    CASE WHEN tries.outcome = 'failed' THEN tries.message ELSE letters.message END AS message,
    CASE WHEN tries.outcome = 'failed' THEN tries."schema" ELSE letters."schema" END AS "schema",
    letters.message_id,
    letters."type",
    letters."event",
    letters.payload,
    letters.request
  FROM letters
  LEFT JOIN tries
    ON letters.dead_letter_id = tries.dead_letter_id
    AND tries.place = 1
  WHERE COALESCE(tries.outcome, '') <> 'passed'
)
SELECT
  dead_letter_id,
  received_at,
  redriven_at,
  code,
  pointer,
  message,
  "schema",
  message_id,
  "type",
  "event",
  SUBSTR(payload, 1, {{payload_characters}}) AS payload,
  LENGTH(payload) AS payload_length,
  request
FROM letters_now
{{#if chosen}}
WHERE {{conditions}}
{{/if}}
ORDER BY received_at DESC, dead_letter_id
LIMIT {{limit}}
