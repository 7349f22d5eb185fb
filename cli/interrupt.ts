const IMPATIENCE_MS = 1_000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * A signal that is aborted at the first Ctrl-C, so that what is under way is ended in order. Who asks again later does not want to
 * wait: then the process ends at once. Under npm one Ctrl-C comes twice.
 * @param leave called before it ends at once, as to give the terminal its cursor back.
 */
export function interruptSignal(leave: () => void): AbortSignal {
  const interrupt = new AbortController();
  let askedAt: number | undefined;
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      interrupt.abort();
    } else if (Date.now() - askedAt > IMPATIENCE_MS) {
      leave();
      process.exit(EXIT_CODES[signal]);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return interrupt.signal;
}
