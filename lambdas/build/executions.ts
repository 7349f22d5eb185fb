import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type SFNClient,
} from '@aws-sdk/client-sfn';

/**
 * Names of those executions of a state machine that have ended, whatever became of them. An execution that is not found
 * counts as running: one that has just started may not be visible yet.
 * @param names executions of the same state machine
 * @param ownArn ARN of the execution that asks: the others' differ in the last part
 */
export async function endedExecutions(
  client: SFNClient,
  names: ReadonlySet<string>,
  ownArn: string,
): Promise<Set<string>> {
  const ended = new Set<string>();
  for (const name of names) {
    const executionArn = ownArn.replace(/[^:]+$/, name);
    try {
      const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') ended.add(name);
    } catch (error) {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
    }
  }
  return ended;
}
