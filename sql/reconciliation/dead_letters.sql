-- Dead letters of some hours of receipt.
-- Grain: app, hour of receipt (its start, epoch ms). refused: of what the door refused. undelivered: of accepted events that
-- Firehose could not convert. Those that a consumer of the stream gave up are in raw_events all the same and not counted.
-- DISTINCT, because a delivery that was repeated brings the same letter twice.
SELECT
  app_id,
  received_at - received_at % 3600000 AS hour_start,
  COUNT(DISTINCT CASE WHEN code IN ({{refusals}}) THEN dead_letter_id END) AS refused,
  COUNT(DISTINCT CASE WHEN code = 'conversion_failed' THEN dead_letter_id END) AS undelivered
FROM dead_letters
WHERE dt >= {{first_day}}
  AND dt <= {{last_day}}
  AND app_id IN ({{app_ids}})
  AND {{received}}
GROUP BY app_id, received_at - received_at % 3600000
