-- Grain: one person (or counted value) and breakdown value, and how deep the deepest attempt is. Which of them it is need not be known.
-- Where an exclusion throws a person out, one of the deepest must be clean.
SELECT
  counted
  {{#each by}}, {{name}}{{/each}},
  max(depth) AS depth,
  {{provisional}} AS provisional
FROM (
  {{measured}}
) AS measured
GROUP BY counted{{#each by}}, {{name}}{{/each}}
{{#if may_be_out}}HAVING max(CASE WHEN spoiled = 0 THEN depth END) = max(depth){{/if}}
