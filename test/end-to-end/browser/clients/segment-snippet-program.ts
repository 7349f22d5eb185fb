/** A call as the client's own middleware saw it. */
export interface SnippetCall {
  readonly type: string;
  readonly messageId: string;
  readonly timestamp: string;
}

/** What Segment's snippet does: queues calls, names key and settings' address, loads the script. */
export type RunSnippet = (writeKey: string, cdn: string) => Promise<readonly SnippetCall[]>;

interface Payload {
  readonly obj: { readonly type: string; readonly messageId: string; readonly timestamp: Date };
}

const run: RunSnippet = async (writeKey, cdn) => {
  const calls: SnippetCall[] = [];
  const middleware = ({ payload, next }: { payload: Payload; next: (given: Payload) => void }) => {
    const { type, messageId, timestamp } = payload.obj;
    calls.push({ type, messageId, timestamp: new Date(timestamp).toISOString() });
    next(payload);
  };
  const queue: unknown[] = [
    ['addSourceMiddleware', middleware],
    ['page', 'Landing'],
    ['track', 'Sign Up Clicked', { place: 'header' }],
    ['identify', 'user-9', { plan: 'free' }],
  ];
  Object.assign(globalThis, {
    analytics: Object.assign(queue, { _writeKey: writeKey, _cdn: cdn }),
  });
  // The file that a team puts on its own CDN.
  await import('@segment/analytics-next/dist/umd/standalone.js');
  while (calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  return calls;
};

Object.assign(globalThis, { runSnippet: run });
