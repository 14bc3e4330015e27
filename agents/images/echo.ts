import type { IncomingMessage } from 'node:http';
import { type Image, untilTerminated } from './image.ts';
import { listenAddress, tcpPort } from './listen-address.ts';
import { remoteOf } from './remote-of.ts';

const DEFAULT_PORT = 8080;

/** Answers every HTTP request with what it knows of itself and of the one who asks, as JSON. */
export const echo: Image = async (context) => {
  const { pod, sockets, log } = context;
  const port = Number(context.env.PORT) || tcpPort(context, DEFAULT_PORT);
  sockets.serveHttp({ address: listenAddress(context), port }, (request, response) => {
    log(`${remoteOf(request.socket)} ${request.method} ${request.url}`);
    const body = `${JSON.stringify({ ...describe(request), pod: pod.name, namespace: pod.namespace, node: pod.node, podIP: pod.ip }, undefined, 2)}\n`;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  log(`listening on port ${port}`);
  await untilTerminated(context);
  return 0;
};

function describe({ method, url, headers, socket }: IncomingMessage): object {
  return { client: remoteOf(socket), method, path: url, headers };
}
