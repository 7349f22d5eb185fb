import { relative } from 'node:path';
import SequencerModule from '@jest/test-sequencer';

/** Files that take longest, the longest first: one of them started last would be waited for alone. */
const SLOWEST = [
  'test/lambdas/build/kills.test.ts',
  'test/core/sql/funnels-differential.test.ts',
  'test/acceptance/published-counts.test.ts',
  'test/end-to-end/dead-letters.test.ts',
  'test/local/start.test.ts',
  'test/lambdas/build/builds.test.ts',
  'test/lambdas/build/people.test.ts',
];

const Sequencer = SequencerModule.default ?? SequencerModule;

/** Jest knows how long a file takes only where it has run before: on a fresh clone it goes by the size of files. */
export default class SlowestFirst extends Sequencer {
  /** Tests in the order in which they start. */
  sort(tests) {
    const rank = ({ path, context }) => {
      const place = SLOWEST.indexOf(relative(context.config.rootDir, path));
      return place < 0 ? SLOWEST.length : place;
    };
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
