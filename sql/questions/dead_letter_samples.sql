-- dead_letter_samples: the newest dead letters of a range that wait, each with its newest reason.
-- Grain: dead_letter_id. Payloads are cut, so that an answer has an end; payload_length is the whole length in characters.
WITH letters_now AS (
  {{letters_now}}
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
WHERE outcome IN ('waiting', 'failed')
  {{#if chosen}}
  AND {{conditions}}
  {{/if}}
ORDER BY received_at DESC, dead_letter_id
LIMIT {{limit}}
