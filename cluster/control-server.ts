import { createServer, request } from 'node:http';
import type { Supervisor } from './supervisor.ts';

/** Takes orders for a running cluster on a socket that only its owner can open: `POST /restart/<process>`. */
export function startControlServer(path: string, supervisor: Supervisor): Promise<{ close(): void }> {
  const server = createServer((incoming, response) => {
    const name = /^\/restart\/([\w-]+)$/.exec(incoming.url ?? '')?.[1];
    if (incoming.method !== 'POST' || name === undefined) {
      response.writeHead(404).end('there is only POST /restart/<process>');
      return;
    }
    supervisor.restart(name).then(
      () => response.end('restarted'),
      (error: Error) => response.writeHead(400).end(error.message),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () =>
      resolve({
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      }),
    );
  });
}

/** Sends an order to a running cluster; rejects with its reason if it is not carried out. */
export function sendControl(path: string, order: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method: 'POST', path: order }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(text))));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
