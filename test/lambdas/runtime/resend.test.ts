import fc from 'fast-check';
import { sendUntilTaken } from '../../../lambdas/runtime/resend.ts';

const soon = () => ({ deadline: Date.now() + 2_000 });

function awsError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}

describe('sendUntilTaken', () => {
  it('sends each entry until it is taken, once: what is taken and what is left make up the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.array(fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), { maxLength: 3 }),
        async (entries, rounds) => {
          const taken: number[] = [];
          let round = 0;

          const { left } = await sendUntilTaken(
            entries,
            async (sent) => {
              const fails = rounds[round++] ?? [];
              taken.push(...sent.filter((_, i) => !fails[i]));
              return sent.filter((_, i) => fails[i]);
            },
            { ...soon(), tries: 3 },
          );

          expect([...taken, ...left].sort()).toEqual([...entries].sort());
        },
      ),
      { numRuns: 25 },
    );
  });

  it('tries again after a throttle or a broken connection', async () => {
    const errors = [awsError('ThrottlingException', 400), new Error('ECONNRESET')];

    const sent = await sendUntilTaken(
      [1],
      async () => {
        const error = errors.shift();
        if (error) throw error;
        return [];
      },
      soon(),
    );

    expect(sent).toEqual({ left: [] });
  });

  it('gives up at once where the same call will fail again', async () => {
    const denied = awsError('AccessDeniedException', 400);
    let calls = 0;

    const sent = await sendUntilTaken(
      [1, 2],
      async () => {
        calls++;
        throw denied;
      },
      soon(),
    );

    expect([calls, sent]).toEqual([1, { left: [1, 2], cause: denied }]);
  });

  it('ends a try that hangs, and goes on', async () => {
    let calls = 0;

    const sent = await sendUntilTaken(
      [1],
      (_, signal) =>
        new Promise((resolve, reject) => {
          calls++;
          if (calls > 1) resolve([]);
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { ...soon(), tryMs: 50 },
    );

    expect([calls, sent.left]).toEqual([2, []]);
  });

  it('sends nothing after the deadline', async () => {
    const sent = await sendUntilTaken([1], async () => [], { deadline: Date.now() - 1 });

    expect(sent.left).toEqual([1]);
  });
});
