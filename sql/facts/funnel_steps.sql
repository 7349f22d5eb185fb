-- Grain: one event that the funnel looks at: it matches a step or an exclusion, or, where the order is strict, any event.
-- Reads events. event_at: epoch ms. step: the first step that it matches, 0 for none. matches: the steps that it matches,
-- step k counts 2^(k-1). exclusions: the same for exclusions. Dimensions stand on events that can start an attempt.
-- Events of known bots are kept apart by is_bot: they never share an attempt with others.
-- Unfiltered: events of bots and of nobody are of step 0, each of a person of its own, instead of being left out: what follows drops
-- them, and a condition that most rows pass costs more than that.
WITH looked AS (
  SELECT
    {{#if unfiltered}}coalesce(person_key, event_at) AS {{/if}}person_key,
    coalesce(is_bot, false) AS is_bot,
    {{#each keys}}{{value}} AS {{name}},{{/each}}
    event_at,
    {{#each dimensions}}{{value}} AS {{name}},{{/each}}
    {{#each flags join ","}}{{value}} AS {{name}}{{/each}}
  FROM events
  {{#if remembers}}
  LEFT JOIN (
    SELECT
      person_key AS first_person_key,
      coalesce(is_bot, false) AS first_is_bot,
      {{#each firsts join ","}}min(CASE WHEN {{match}} THEN event_at END) AS {{name}}{{/each}}
    FROM events
    WHERE app_id = {{app_id}} AND event_date <= {{last_date}}
    GROUP BY person_key, coalesce(is_bot, false)
  ) AS history
    ON first_person_key = person_key AND first_is_bot = coalesce(is_bot, false)
  {{/if}}
  WHERE app_id = {{app_id}} AND event_date >= {{first_date}} AND event_date <= {{last_date}}
    {{#if !unfiltered}}AND person_key IS NOT NULL{{/if}}{{#if !bounded}} AND event_at IS NOT NULL{{/if}}
    AND {{names}} AND {{where}}
    {{#if bounded}}AND {{bounds}}{{/if}}
    {{#if filters_bots}}AND NOT coalesce(is_bot, false){{/if}}
)
SELECT
  person_key,
  is_bot,
  {{#each keys}}{{name}},{{/each}}
  event_at,
  {{#if sets}}{{matches}} AS matches,{{/if}}
  {{#if excluding}}{{exclusions}} AS exclusions,{{/if}}
  {{#each dimensions}}CASE WHEN {{can_start}} THEN {{name}} END AS {{name}},{{/each}}
  {{step}} AS step
FROM looked
WHERE ({{relevant}})
  {{#each keys}}AND {{name}} <> ''{{/each}}
