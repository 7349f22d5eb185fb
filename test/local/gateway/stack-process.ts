import { resource, startStack } from './local-stack.ts';

// A stack in a process of its own, to be killed: prints its URL. Argument: the data folder.
const stack = await startStack({ folder: process.argv[2] ?? '' });
await stack.kinesis.handlers['AWS::Kinesis::Stream']?.create(
  resource('AWS::Kinesis::Stream', 'events', { ShardCount: 2 }),
);
console.log(stack.url);
