import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { logger } from './logger.ts';

/** What a step of a state machine or a schedule's target does: input in, result out. */
export type TaskFunction<I, O> = (input: I, context: Context) => Promise<O>;

/**
 * Wraps a function that Step Functions or a schedule invokes. An error is logged with the input and thrown again, so that
 * the caller's Retry and Catch see it.
 */
export function taskHandler<I, O>(fn: TaskFunction<I, O>): TaskFunction<I, O> {
  return middy<I, O>({ timeoutEarlyInMillis: 0 })
    .use({
      before: (request) => {
        logger.addContext(request.context);
      },
      onError: (request) => {
        logger.error('task failed', { error: request.error, input: request.event });
      },
    })
    .handler(fn) as TaskFunction<I, O>;
}
