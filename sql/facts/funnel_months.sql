-- Grain: one person (or counted value), bots apart, and UTC month in which an attempt started.
-- days_k: the days of the month on which an attempt started that reached step k; the d-th day counts 2^(d-1). before_k: the same
-- of the two months before, the earlier one's days first, 31 places for each: what counts people over several months without
-- grouping them. Reads funnel_attempts of the three months.
WITH days AS (
  SELECT
    {{counted}}, is_bot, event_date, max(depth) AS depth,
    CAST(power(2, CAST(substr(event_date, 9, 2) AS integer) - 1) AS bigint) AS place
  FROM funnel_attempts
  WHERE app_id = {{app_id}} AND funnel = {{funnel}} AND event_date >= {{first_date}} AND event_date <= {{last_date}}
  GROUP BY {{counted}}, is_bot, event_date
),
placed AS (
  SELECT
    {{counted}}, is_bot, depth,
    CASE WHEN event_date >= {{month}} THEN place ELSE 0 END AS place,
    CASE WHEN event_date >= {{month}} THEN 0 WHEN event_date >= {{previous}} THEN place * 2147483648 ELSE place END AS place_before
  FROM days
)
SELECT
  {{counted}}, is_bot,
  {{#each steps join ","}}CAST(sum(CASE WHEN depth >= {{m}} THEN place ELSE 0 END) AS bigint) AS {{days}},
  CAST(sum(CASE WHEN depth >= {{m}} THEN place_before ELSE 0 END) AS bigint) AS {{before}}{{/each}}
FROM placed
GROUP BY {{counted}}, is_bot
HAVING sum(place) > 0
