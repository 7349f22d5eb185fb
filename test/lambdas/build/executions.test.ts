import { SFNClient } from '@aws-sdk/client-sfn';
import { endedExecutions } from '../../../lambdas/build/executions.ts';
import { type JsonService, ServiceError } from '../../../local/service.ts';
import { startStack } from '../../local/gateway/local-stack.ts';

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:builds';
const STATUSES: Readonly<Record<string, string>> = {
  [`${ARN}:running`]: 'RUNNING',
  [`${ARN}:redriven-soon`]: 'PENDING_REDRIVE',
  [`${ARN}:aborted`]: 'ABORTED',
  [`${ARN}:done`]: 'SUCCEEDED',
};
/** Step Functions as far as builds ask it. */
const SERVICE: JsonService = {
  target: 'AWSStepFunctions',
  contentType: 'application/x-amz-json-1.0',
  operations: {
    DescribeExecution: ({ executionArn }) => {
      const status = STATUSES[String(executionArn)];
      if (status === undefined)
        throw new ServiceError('ExecutionDoesNotExist', 'no such execution');
      return { executionArn, status };
    },
  },
};

test('executions that run, or are not seen yet, have not ended; all others have', async () => {
  const stack = await startStack({ services: [SERVICE] });
  const names = new Set(['running', 'redriven-soon', 'aborted', 'done', 'just-started']);

  const ended = await endedExecutions(new SFNClient(stack.client), names, `${ARN}:asking`);

  expect(ended).toEqual(new Set(['aborted', 'done']));
  await stack.close();
});
