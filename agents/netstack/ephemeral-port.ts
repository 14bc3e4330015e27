import { NetError } from './net-error.ts';
import type { Netns } from './netns.ts';

/** A free port of net.ipv4.ip_local_port_range, searched from a random one on; EADDRNOTAVAIL if none is left. */
export function chooseEphemeralPort(ns: Netns, isFree: (port: number) => boolean): number {
  const [low, high] = ns.sysctl.portRange();
  const size = high - low + 1;
  const start = ns.rng.int(size);
  for (let i = 0; i < size; i++) {
    const port = low + ((start + i) % size);
    if (isFree(port)) return port;
  }
  throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
}
