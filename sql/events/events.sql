-- Events of one app and one UTC day, one row a message.
-- Grain: message_id, over all days: of rows with the same message_id the first arrival wins, by arrival hour, then time of
-- receipt. The arrival hour comes first, so that what precedes a row always lies in the hours that are read for it.
-- Rows of the day are read with all columns; of the dedup window's other days, only what their order needs.
-- Whose event it is: the user's whom it names, else that user's whom its device named first (docs/adr/0013-whose-event-it-is.md),
-- else the device's. MIN finds the first, at the same time the smallest key. message_id is not looked at there: it is the
-- widest column of all.
WITH arrived AS (
  SELECT
    {{#each columns join ", "}}{{column}}{{/each}},
    {{arrival_order}} AS arrival_order
  FROM {{raw_events}}
  WHERE {{day_hours}}
    AND app_id = {{app_id}}
    AND {{is_event}}
    AND event_at >= {{day_start}}
    AND event_at < {{day_end}}
),
ranked AS (
  SELECT
    {{#each columns join ", "}}{{column}}{{/each}},
    arrival_order,
    ROW_NUMBER() OVER (
      PARTITION BY message_id
      ORDER BY arrival_order, event, anonymous_id, user_id, properties, traits, url
    ) AS arrival
  FROM arrived
),
other_days AS (
  SELECT
    message_id,
    MIN({{arrival_order}}) AS arrival_order
  FROM {{raw_events}}
  WHERE {{window_hours}}
    AND app_id = {{app_id}}
    AND {{is_event}}
    AND NOT (event_at >= {{day_start}} AND event_at < {{day_end}})
    AND message_id IN (SELECT message_id FROM arrived)
  GROUP BY message_id
),
identities AS (
  SELECT
    anonymous_key,
    CAST(SUBSTR(MIN({{identity_order}}), 16) AS bigint) AS user_key
  FROM {{raw_events}}
  WHERE {{identity_hours}}
    AND app_id = {{app_id}}
    AND {{has_time}}
    AND {{is_identity}}
  GROUP BY anonymous_key
)
SELECT
  {{#each columns join ", "}}ranked.{{column}}{{/each}},
  COALESCE(ranked.user_key, identities.user_key, ranked.anonymous_key) AS person_key
FROM ranked
LEFT JOIN other_days ON ranked.message_id = other_days.message_id
LEFT JOIN identities ON ranked.anonymous_key = identities.anonymous_key
WHERE ranked.arrival = 1
  AND (other_days.message_id IS NULL OR ranked.arrival_order < other_days.arrival_order)
