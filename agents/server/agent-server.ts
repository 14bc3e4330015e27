import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { AgentApi, AgentUser } from './agent-api.ts';

export interface AgentServerOptions {
  readonly api: AgentApi;
  readonly address: string;
  readonly port: number;
  /** PEM. Clients must show a certificate that this authority signed. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface AgentServer {
  readonly port: number;
  close(): Promise<void>;
}

const LARGEST_BODY = 64 * 1024 * 1024;

/** Serves a node's API over TLS to holders of a certificate. */
export async function startAgentServer(options: AgentServerOptions): Promise<AgentServer> {
  const { api, ca, cert, key } = options;
  const server = createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      void answer(api, request, response);
    },
  );
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(api: AgentApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const aborted = new AbortController();
  response.once('close', () => aborted.abort());
  try {
    const { status, headers, body } = await api.handle({
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: {},
      body: await readBody(request),
      user: userOf(request),
      signal: aborted.signal,
    });
    response.writeHead(status, headers);
    if (body instanceof Uint8Array) response.end(body);
    else await pipe(body, response);
  } catch (error) {
    if (!response.headersSent) response.writeHead(500);
    response.end(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function pipe(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  for await (const chunk of body) {
    if (!response.write(chunk) && !response.destroyed) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    }
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error(`the request is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A certificate's common name is the user, its organizations are the groups. */
function userOf(request: IncomingMessage): AgentUser {
  const { subject } = (request.socket as TLSSocket).getPeerCertificate();
  const groups = subject?.O as string | string[] | undefined;
  return { name: String(subject?.CN ?? ''), groups: groups === undefined ? [] : [groups].flat() };
}
