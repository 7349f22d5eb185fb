import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** A server of pages, each with one program. */
export interface Pages {
  /** http://localhost:…: another origin, and another site, than 127.0.0.1. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves `/<name>/…` as a page that runs the program of that name. */
export async function servePages(programs: Readonly<Record<string, string>>): Promise<Pages> {
  const scripts = new Map<string, string>();
  for (const [name, program] of Object.entries(programs)) scripts.set(name, await bundled(program));
  const server = http.createServer((request, response) => {
    const [, name = '', file] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/');
    const script = scripts.get(name);
    if (script === undefined) response.writeHead(404).end();
    else if (file === 'program.js') {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
    } else {
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(
          `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><script src="/${name}/program.js"></script>`,
        );
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bundled(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
