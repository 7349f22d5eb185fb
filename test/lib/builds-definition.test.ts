import aslValidator from 'asl-validator';
import { buildsDefinition } from '../../lib/builds-definition.ts';

function makeDefinition() {
  return buildsDefinition({
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:build',
    partition: 'aws',
    workgroup: 'builds',
    database: 'millrace',
    concurrency: 5,
  });
}

describe('buildsDefinition', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = aslValidator(makeDefinition(), { checkPaths: true });

    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it('is refused by the same check where a state leads nowhere', () => {
    const definition = makeDefinition();
    const broken = {
      ...definition,
      States: { ...definition.States, Plan: { ...definition.States.Plan, Next: 'Nowhere' } },
    };

    expect(aslValidator(broken).isValid).toBe(false);
  });

  it('gives every call of the function its action and the execution that makes it', () => {
    const tasks = [
      ...JSON.stringify(makeDefinition()).matchAll(/"action":"(\w+)","execution\.\$"/g),
    ];

    expect(tasks.map((match) => match[1]).sort()).toEqual([
      'abandon',
      'abandon',
      'discover',
      'finish',
      'plan',
      'prepare',
      'publish',
      'record',
    ]);
  });

  it('catches whatever fails in one partition, so that the others are built', () => {
    const { States } = (makeDefinition().States.Build as { ItemProcessor: Processor })
      .ItemProcessor;

    for (const name of ['Prepare', 'Create', 'Publish']) {
      expect(States[name]?.Catch?.[0]?.ErrorEquals).toEqual(['States.ALL']);
    }
  });
});

interface Processor {
  readonly States: Readonly<
    Record<string, { readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[] }>
  >;
}
