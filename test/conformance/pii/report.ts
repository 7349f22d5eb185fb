import { countArguments } from '../../tool-arguments.ts';
import { isBelowBar, measurePii, wrongOf } from './measure.ts';

/**
 * `npm run pii-report -- [NUMBER]`: a million synthetic values, personal and not, in events through collect; what is found and
 * what is taken for it. Ends with an error where a kind is below its bar: all personal values, none of the others but as
 * many as their form cannot tell.
 */
const [values = 0] = countArguments('npm run pii-report -- [NUMBER]', [1_000_000], 1);
const start = performance.now();
const rows = await measurePii(values);
const seconds = (performance.now() - start) / 1000;
const percent = (part: number, of: number) => `${((100 * part) / Math.max(1, of)).toFixed(3)} %`;
let isBelow = false;

console.table(
  Object.fromEntries(
    rows
      .filter(({ isPersonal }) => isPersonal)
      .map((row) => [
        row.name,
        {
          values: row.values,
          recall: percent(row.exact + row.otherwise, row.values),
          'exactly it': percent(row.exact, row.values),
        },
      ]),
  ),
);
console.table(
  Object.fromEntries(
    rows
      .filter(({ isPersonal }) => !isPersonal)
      .map((row) => [
        row.name,
        {
          values: row.values,
          'false positives': percent(row.values - row.exact, row.values),
          bar: `${row.mostPercent} %`,
        },
      ]),
  ),
);
for (const row of rows) {
  if (!isBelowBar(row)) continue;
  isBelow = true;
  console.error(`${row.name}: ${wrongOf(row)} of ${row.values} wrong: ${row.wrong.join(' | ')}`);
}
console.log(`${values} values in ${seconds.toFixed(0)} s`);
if (isBelow) process.exitCode = 1;
