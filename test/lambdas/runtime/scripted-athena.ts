import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AthenaClient } from '@aws-sdk/client-athena';

/** An answer of the service: a body, or an exception by name. */
export type ScriptedAnswer = object | { readonly exception: string };

/** What the service was asked. */
export interface AthenaCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * An endpoint that speaks Athena's protocol and answers each operation from a list, the last answer again and again: for the
 * ends of a statement that an engine does not come to when asked (throttling, cancellation, a statement without end).
 */
export class ScriptedAthena {
  readonly calls: AthenaCall[] = [];
  readonly #answers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  readonly #server: Server;

  constructor(answers: Readonly<Record<string, readonly ScriptedAnswer[]>>) {
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const answer = this.#next(operation);
        this.calls.push({ operation, input: JSON.parse(text) });
        const exception = 'exception' in answer ? String(answer.exception) : undefined;
        response.writeHead(exception === undefined ? 200 : 400, {
          'content-type': 'application/x-amz-json-1.1',
        });
        response.end(
          JSON.stringify(
            exception === undefined ? answer : { __type: exception, message: 'scripted' },
          ),
        );
      });
    });
  }

  /** Starts on a free port; returns a client of it. */
  async start(): Promise<AthenaClient> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new AthenaClient({
      endpoint: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Inputs of an operation's calls. */
  inputs(operation: string): AthenaCall['input'][] {
    return this.calls.filter((call) => call.operation === operation).map(({ input }) => input);
  }

  #next(operation: string): ScriptedAnswer {
    const answers = this.#answers[operation] ?? [];
    const asked = this.calls.filter((call) => call.operation === operation).length;
    return answers[asked] ?? answers.at(-1) ?? { exception: 'NotImplemented' };
  }
}
