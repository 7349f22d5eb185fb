-- totals: events (or people) of each event's name, over all and for each combination of the breakdown's values.
-- Rows: event, the breakdown's columns, counted, is_overall (1 for the rows over all).
WITH chosen AS (
  SELECT
    "event",
    person_key
    {{#each breakdown}}
    , {{expression}} AS {{column}}
    {{/each}}
  FROM events
  WHERE app_id = {{app}}
    AND event_date BETWEEN {{first_day}} AND {{last_day}}
    AND event_at >= {{from}}
    AND event_at < {{to}}
    {{#if without_bots}}
    AND NOT coalesce(is_bot, false)
    {{/if}}
    {{#if named}}
    AND "event" IN ({{names}})
    {{/if}}
    {{#each filters}}
    AND {{predicate}}
    {{/each}}
)
SELECT
  "event",
  {{#each breakdown}}
  {{column}},
  {{/each}}
  {{#if people}}
  count(DISTINCT person_key) AS counted,
  {{/if}}
  {{#if !people}}
  count(*) AS counted,
  {{/if}}
  {{#if broken_down}}
  CASE WHEN grouping({{columns}}) = 0 THEN 0 ELSE 1 END AS is_overall
  {{/if}}
  {{#if !broken_down}}
  1 AS is_overall
  {{/if}}
FROM chosen
{{#if broken_down}}
GROUP BY GROUPING SETS (("event"), ("event", {{columns}}))
{{/if}}
{{#if !broken_down}}
GROUP BY "event"
{{/if}}
ORDER BY is_overall DESC, counted DESC, "event"
LIMIT {{limit}}
