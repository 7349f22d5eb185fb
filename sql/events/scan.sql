-- Which event days the rows of changed arrival hours fall on.
-- Grain: arrival hour, app, event day. event_day is the day's start in epoch ms; NULL counts rows that are no events:
-- without message_id, app_id or event_at, or with an event_at outside of the years 1970 to 9999. identity_count: rows that
-- name a device and a user.
WITH arrived AS (
  SELECT
    dt,
    hour,
    app_id,
    CASE
      WHEN {{is_event}} AND app_id IS NOT NULL THEN event_at - event_at % 86400000
    END AS event_day,
    CASE WHEN {{is_identity}} THEN 1 ELSE 0 END AS identity
  FROM {{raw_events}}
  WHERE {{hours}}
)
SELECT
  dt,
  hour,
  app_id,
  event_day,
  COUNT(*) AS row_count,
  SUM(identity) AS identity_count
FROM arrived
GROUP BY dt, hour, app_id, event_day
