-- What became of the events of some hours of receipt.
-- Grain: app, hour of receipt (its start, epoch ms). stored: rows of events. duplicate: rows of raw_events that repeat an event
-- which is in events. unbuilt: rows of raw_events whose event is not in events. delivered_twice: rows of raw_events beyond the
-- first of the same message and receipt.
-- A row of raw_events is a duplicate only where its event is found: of what builds lost, nothing hides among the duplicates.
-- Of events outside of the hours, those are read whose messages came again in them.
WITH arrived AS (
  SELECT
    app_id,
    message_id,
    received_at
  FROM raw_events
  WHERE {{arrival_hours}}
    AND app_id IN ({{app_ids}})
    AND {{received}}
),
kept AS (
  SELECT
    app_id,
    message_id,
    received_at
  FROM events
  WHERE ({{#each apps join " OR "}}(app_id = {{app_id}} AND event_date IN ({{event_dates}})){{/each}})
    AND ({{received}} OR message_id IN (SELECT message_id FROM arrived))
),
both_tables AS (
  SELECT app_id, message_id, received_at, 1 AS raw_row, 0 AS kept_row FROM arrived
  UNION ALL
  SELECT app_id, message_id, received_at, 0 AS raw_row, 1 AS kept_row FROM kept
),
receipts AS (
  SELECT
    app_id,
    message_id,
    received_at,
    SUM(raw_row) AS raw_rows,
    SUM(kept_row) AS kept_rows
  FROM both_tables
  GROUP BY app_id, message_id, received_at
),
messages AS (
  SELECT
    app_id,
    received_at,
    raw_rows,
    kept_rows,
    SUM(kept_rows) OVER (PARTITION BY app_id, message_id) AS kept_of_message
  FROM receipts
)
SELECT
  app_id,
  received_at - received_at % 3600000 AS hour_start,
  SUM(kept_rows) AS stored,
  SUM(CASE WHEN kept_of_message > 0 THEN GREATEST(raw_rows - kept_rows, 0) ELSE 0 END) AS duplicate,
  SUM(CASE WHEN kept_of_message > 0 THEN 0 ELSE raw_rows END) AS unbuilt,
  SUM(GREATEST(raw_rows - 1, 0)) AS delivered_twice
FROM messages
WHERE {{received}}
GROUP BY app_id, received_at - received_at % 3600000
