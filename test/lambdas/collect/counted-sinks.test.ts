import type { DeadLetter } from '../../../core/event.ts';
import { CountedSinks } from '../../../lambdas/collect/counted-sinks.ts';
import type { Line } from '../../../lambdas/collect/map.ts';
import type { Sinks } from '../../../lambdas/collect/sinks.ts';
import { embeddedMetrics } from '../../../local/cloudwatch/embedded.ts';
import { MemorySinks, RECEIVED_AT } from './collector.ts';

const line = (appId: string) => ({ json: '{}', personId: 'p', appId }) as Line;
const letter = (app_id: string) => ({ app_id }) as DeadLetter;

/** Counts by `app metric` of the lines that are written, and when. @param failure what storing must fail with */
async function counted(
  sinks: Sinks,
  lines: readonly Line[],
  letters: readonly DeadLetter[],
  declined: readonly string[] = [],
  failure?: string,
): Promise<Record<string, number>> {
  const written: string[] = [];
  const counting = {
    namespace: 'Millrace/test',
    receivedAt: RECEIVED_AT,
    write: (text: string) => written.push(text),
  };
  const stored = new CountedSinks(sinks, counting).store(lines, letters, declined);
  await (failure === undefined ? stored : expect(stored).rejects.toThrow(failure));
  const data = written.flatMap(embeddedMetrics);
  expect(
    data.every(({ at, namespace }) => at === RECEIVED_AT && namespace === 'Millrace/test'),
  ).toBe(true);
  return Object.fromEntries(
    data.map(({ dimensions, name, values }) => [`${dimensions.App} ${name}`, values[0] ?? 0]),
  );
}

describe('events of a request', () => {
  it('are counted by app once they are stored', async () => {
    const counts = await counted(
      new MemorySinks(),
      [line('shop'), line('blog'), line('shop')],
      [letter('shop')],
      ['blog', 'blog'],
    );

    expect(counts).toEqual({
      'shop Accepted': 2,
      'shop Refused': 1,
      'blog Accepted': 1,
      'blog Declined': 2,
    });
  });

  it('are counted as unconfirmed where they could not be stored, and the error goes on', async () => {
    const failing: Sinks = { store: () => Promise.reject(new Error('no stream')) };

    expect(await counted(failing, [line('shop')], [letter('shop')], [], 'no stream')).toEqual({
      'shop Unconfirmed': 2,
    });
  });

  it('are not counted before they are stored', async () => {
    const written: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const counting = {
      namespace: 'n',
      receivedAt: RECEIVED_AT,
      write: (text: string) => written.push(text),
    };
    const stored = new CountedSinks({ store: () => promise }, counting).store([line('shop')], []);

    await Promise.resolve();
    expect(written).toEqual([]);
    resolve();
    await stored;
    expect(written).toHaveLength(1);
  });

  it('write nothing where there are none', async () => {
    expect(await counted(new MemorySinks(), [], [])).toEqual({});
  });
});
