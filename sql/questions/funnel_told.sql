-- Grain: one attempt whose depth the attempts tell already, because the question changes nothing about it.
SELECT
  counted
  {{#if starts}}, started_at{{/if}}
  {{#each by}}, {{value}} AS {{name}}{{/each}}
  {{#each reached}}, {{name}}{{/each}},
  {{#if deep}}coalesce({{#each deepest}}{{name}}, {{/each}}started_at) AS ended_at,{{/if}}
  depth, 0 AS spoiled
FROM (
  {{attempts}}
) AS attempts
WHERE {{filter}} {{#if deep}}AND depth >= 2{{/if}}
