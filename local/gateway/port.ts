import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';

/** A request of either HTTP version. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;
/** A response of either HTTP version. */
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** A TCP port that speaks HTTP/1.1 and HTTP/2 without TLS. */
export interface Port {
  /** Listens on loopback. @returns http://127.0.0.1:<port> */
  listen(port: number): Promise<string>;
  /** Closes the port and what is open on it. */
  close(): Promise<void>;
}

/** HTTP/2 default of 64 KiB makes a 10 MiB PutRecords wait for the other side many times. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Makes a port that looks at the first bytes of each connection: the Kinesis client of the SDK speaks HTTP/2 even to an
 * http:// endpoint, all others HTTP/1.1.
 */
export function createPort(listener: (request: AnyRequest, response: AnyResponse) => void): Port {
  const http1 = createHttp({ keepAliveTimeout: 60_000 }, listener);
  const http2 = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES } }, listener);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that goes away is no fault of this side: the request's own handlers see the end.
    socket.on('error', () => socket.destroy());
    const peek = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) {
        if (!socket.readableEnded && !socket.destroyed) socket.once('readable', peek);
        return;
      }
      socket.unshift(chunk);
      const protocol = chunk.toString('latin1', 0, 4) === 'PRI ' ? http2 : http1;
      protocol.emit('connection', socket);
    };
    socket.once('readable', peek);
  });
  return {
    listen: (port) => listen(server, port),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      http1.close();
      http2.close();
    },
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no TCP address');
      resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}
