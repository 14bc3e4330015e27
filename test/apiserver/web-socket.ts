import WebSocket from 'ws';

/** A WebSocket to a server whose certificate a test's own authority signed. */
export function openSocket(
  url: string,
  options: { readonly ca: string; readonly headers?: Record<string, string> },
): WebSocket {
  return new WebSocket(url, options);
}
