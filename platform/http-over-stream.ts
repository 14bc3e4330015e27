import { type IncomingHttpHeaders, request } from 'node:http';
import type { Clock } from './clock.ts';
import type { StreamDuplex } from './stream-duplex.ts';

export interface HttpCall {
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
 * One HTTP request over a stream of its own, which it closes. Rejects with an Error whose `code` is the errno
 * name (ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT…).
 */
export function httpOverStream(stream: StreamDuplex, clock: Clock, call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clock.clearTimeout(timer);
      stream.destroy();
      settle();
    };
    const fail = (error: Error): void => finish(() => reject(error));
    const late = Object.assign(new Error(`no answer in ${call.timeoutMs} ms`), { code: 'ETIMEDOUT' });
    const timer = clock.setTimeout(() => fail(late), call.timeoutMs);
    const outgoing = request({
      method: call.method ?? 'GET',
      path: call.path,
      headers: { connection: 'close', ...call.headers },
      createConnection: () => stream,
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
        const { statusCode = 0, headers } = response;
        finish(() => resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() }));
      });
    });
    outgoing.end(call.body);
  });
}
