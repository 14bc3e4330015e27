import { ANY_IPV4, type Ipv4, LOOPBACK_IPV4 } from '../netstack/ipv4.ts';
import type { ProcessContext } from './image.ts';

/**
 * Where a server of this container listens. A container that declares no port keeps to itself: it is reached
 * from its own pod only, over localhost.
 */
export function listenAddress({ ports }: Pick<ProcessContext, 'ports'>): Ipv4 {
  return ports.length > 0 ? ANY_IPV4 : LOOPBACK_IPV4;
}

/** The first declared TCP port, or the image's own. */
export function tcpPort({ ports }: Pick<ProcessContext, 'ports'>, byDefault: number): number {
  return ports.find(({ protocol }) => protocol === 'TCP')?.containerPort ?? byDefault;
}
