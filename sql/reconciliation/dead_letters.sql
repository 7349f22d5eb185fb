-- Dead letters of some hours of receipt.
-- Grain: app, hour of receipt (its start, epoch ms). refused: of what the door refused; a call of a batch that was refused whole
-- was a part of that. undelivered: of accepted events that Firehose could not convert. Those that a consumer of the stream gave up
-- are in raw_events all the same and not counted. redriven: events that were made of the letters and sent again, each letter's once.
-- By letter, because a delivery that was repeated brings the same one twice, and so does a redrive that was ended early.
WITH letters AS (
  SELECT
    app_id,
    dead_letter_id,
    MIN(received_at) AS received_at,
    MAX(CASE WHEN part_of IS NULL AND code IN ({{refusals}}) THEN 1 ELSE 0 END) AS refused,
    MAX(CASE WHEN code = 'conversion_failed' THEN 1 ELSE 0 END) AS undelivered
  FROM dead_letters
  WHERE dt >= {{first_day}}
    AND dt <= {{last_day}}
    AND app_id IN ({{app_ids}})
    AND {{received}}
  GROUP BY app_id, dead_letter_id
),
sent AS (
  SELECT
    app_id,
    dead_letter_id,
    MAX(COALESCE(events, 1)) AS events
  FROM redrives
  WHERE dt >= {{first_day}}
    AND dt <= {{last_day}}
    AND app_id IN ({{app_ids}})
    AND outcome = 'passed'
  GROUP BY app_id, dead_letter_id
)
SELECT
  letters.app_id,
  letters.received_at - letters.received_at % 3600000 AS hour_start,
  SUM(letters.refused) AS refused,
  SUM(letters.undelivered) AS undelivered,
  COALESCE(SUM(sent.events), 0) AS redriven
FROM letters
LEFT JOIN sent
  ON letters.app_id = sent.app_id
  AND letters.dead_letter_id = sent.dead_letter_id
GROUP BY letters.app_id, letters.received_at - letters.received_at % 3600000
