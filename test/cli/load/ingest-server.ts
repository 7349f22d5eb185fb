import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as it arrived. */
export interface ReceivedCall {
  readonly messageId: string;
  readonly [member: string]: unknown;
}

/** What the server does with a request: an answer other than accepting all, or undefined. `cut`: it accepts all and dies answering. */
export type Fault = (
  request: number,
  batch: readonly ReceivedCall[],
) =>
  | { status: number; body?: object; headers?: Record<string, string> }
  | 'drop'
  | 'cut'
  | undefined;

/** POST /v1/batch on loopback: keeps what it accepts. */
export class IngestServer {
  readonly accepted: ReceivedCall[] = [];
  readonly batchSizes: number[] = [];
  readonly authorizations = new Set<string | undefined>();
  readonly paths = new Set<string | undefined>();
  fault: Fault = () => undefined;
  requests = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        this.requests += 1;
        this.authorizations.add(request.headers.authorization);
        this.paths.add(request.url);
        const { batch } = JSON.parse(text) as { batch: ReceivedCall[] };
        const fault = this.fault(this.requests, batch);
        if (fault === 'drop') {
          request.socket.destroy();
          return;
        }
        if (fault === 'cut') {
          this.accepted.push(...batch);
          response.writeHead(200, { 'content-length': '5000' });
          response.write('{', () => request.socket.destroy());
          return;
        }
        const status = fault?.status ?? 200;
        if (status === 200) {
          this.batchSizes.push(batch.length);
          this.accepted.push(...batch);
        }
        response.writeHead(status, { 'content-type': 'application/json', ...fault?.headers });
        response.end(JSON.stringify(fault?.body ?? { accepted: batch.length, refused: [] }));
      });
    });
  }

  /** Starts on a free port; returns the base URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Different message ids among the accepted. */
  get messages(): number {
    return new Set(this.accepted.map(({ messageId }) => messageId)).size;
  }
}
