import type { IncomingMessage } from 'node:http';

/** A request's target as path and query; whatever a client sends there, this does not throw. */
export function requestPath({ url = '/' }: Pick<IncomingMessage, 'url'>): {
  readonly path: string;
  readonly query: URLSearchParams;
} {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
