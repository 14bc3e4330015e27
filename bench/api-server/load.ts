import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Answer, LoadConnection, type Target } from './load-connection.ts';

/** Requests a second of `count` requests with some connections at work at the same time. */
export async function rateOf(
  target: Target,
  inFlight: number,
  count: number,
  send: (connection: LoadConnection, index: number) => Promise<Answer>,
): Promise<number> {
  const connections = await openAll(target, inFlight);
  let next = 0;
  const failures = new Map<number, number>();
  const work = async (connection: LoadConnection): Promise<void> => {
    while (next < count) {
      const { status } = await send(connection, next++);
      if (status >= 300) failures.set(status, (failures.get(status) ?? 0) + 1);
    }
  };
  const began = performance.now();
  await Promise.all(connections.map(work));
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.close();
  if (failures.size > 0) throw new Error(`${target.name}: failures ${JSON.stringify([...failures])}`);
  return count / seconds;
}

/** A few at a time: handshakes cost both sides. */
export async function openAll(target: Target, count: number): Promise<LoadConnection[]> {
  const connections: LoadConnection[] = [];
  while (connections.length < count) {
    const more = Math.min(20, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: more }, () => LoadConnection.open(target)))));
  }
  return connections;
}

/** Milliseconds of one request on a connection of its own. */
export async function timeOf(target: Target, path: string): Promise<{ ms: number; bytes: number }> {
  const connection = await LoadConnection.open(target);
  const began = performance.now();
  const { status, bytes } = await connection.request('GET', path);
  const ms = performance.now() - began;
  connection.close();
  if (status !== 200) throw new Error(`${target.name}: GET ${path}: ${status}`);
  return { ms, bytes };
}

/** One request with the body of its answer; not for what is measured. */
export function ask(target: Target, method: string, path: string, body = ''): Promise<string> {
  const { url, ca, cert, key, token } = target;
  const headers = {
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    httpsRequest(
      new URL(path, url),
      { method, ca, cert, key, headers, rejectUnauthorized: ca !== undefined },
      (response) => resolve(text(response)),
    )
      .on('error', reject)
      .end(body);
  });
}
