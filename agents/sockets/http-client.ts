import { type IncomingHttpHeaders, request } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { Ipv4 } from '../netstack/ipv4.ts';
import type { Netns } from '../netstack/netns.ts';
import { TcpDuplex } from './tcp-duplex.ts';

export interface HttpCall {
  readonly address: Ipv4;
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A longer answer is an error: nobody here reads such. */
const LARGEST_BODY = 8 * 1024 * 1024;

/**
 * One HTTP request from a simulated namespace. Rejects with an Error whose `code` is the errno name
 * (ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT…).
 */
export function fetchHttp(netns: Netns, clock: Clock, call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const socket = netns.tcp.connect({ address: call.address, port: call.port });
    const duplex = new TcpDuplex(socket);
    const fail = (error: Error): void => {
      clock.clearTimeout(timer);
      duplex.destroy();
      reject(error);
    };
    const timer = clock.setTimeout(
      () => fail(Object.assign(new Error(`no answer in ${call.timeoutMs} ms`), { code: 'ETIMEDOUT' })),
      call.timeoutMs,
    );
    const outgoing = request({
      method: call.method ?? 'GET',
      path: call.path,
      headers: { connection: 'close', ...call.headers },
      createConnection: () => duplex,
    });
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST_BODY) fail(new Error(`the answer is longer than ${LARGEST_BODY} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        clock.clearTimeout(timer);
        duplex.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.end(call.body);
  });
}
