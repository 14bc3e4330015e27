import type { Socket } from 'node:net';

/** A connection's other end as Go programs print it: `10.0.0.1:80`, `[fd00::1]:80`. */
export function remoteOf({
  remoteAddress = '',
  remotePort,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
