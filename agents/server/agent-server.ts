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
    const body = await readBody(request);
    if (!body) return refuse(response, 413, `the request is larger than ${LARGEST_BODY} bytes`);
    const answered = await api.handle({
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: {},
      body,
      user: userOf(request),
      signal: aborted.signal,
    });
    response.writeHead(answered.status, answered.headers);
    if (answered.body instanceof Uint8Array) response.end(answered.body);
    else await pipe(answered.body, response);
  } catch (error) {
    // A stream that broke off must not look like one that ended.
    if (response.headersSent) response.destroy();
    else refuse(response, 500, error instanceof Error ? error.message : String(error));
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${message}\n`);
}

async function pipe(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  let wake: () => void = () => {};
  for (const event of ['drain', 'close']) response.on(event, () => wake());
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  response.end();
}

/** Undefined if it is too large; the rest is not read. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
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
