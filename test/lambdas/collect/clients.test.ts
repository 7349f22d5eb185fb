import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from './collector.ts';

interface ClientRequest {
  readonly client: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly batch?: readonly unknown[] };
}

/** Requests of the shapes that published client libraries send. */
const REQUESTS: readonly ClientRequest[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/clients.json'), 'utf8'),
);

describe('requests as clients send them', () => {
  it.each(REQUESTS.map((request) => [request.client, request] as const))(
    '%s: all accepted',
    async (_, { path, headers, body }) => {
      const { answer, records } = await send(path, body, {
        authorization: headers.authorization,
        origin: headers.origin,
      });

      const events = body.batch ?? [body];
      expect(answer).toMatchObject({ accepted: events.length, refused: [] });
      expect(records.map(({ message_id: id }) => id)).toEqual(
        events.map((event) => (event as { messageId: string }).messageId),
      );
    },
  );
});
