import { createServer } from 'node:net';

/** Below the ports that systems give to sockets by themselves, so that nothing takes it between look and use. */
const RANGE = { first: 20_000, size: 10_000 };
const TRIES = 50;

/** A TCP port of 127.0.0.1 that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = RANGE.first + Math.floor(Math.random() * RANGE.size);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found between ${RANGE.first} and ${RANGE.first + RANGE.size}`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
