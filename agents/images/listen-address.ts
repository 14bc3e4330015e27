import type { IpAddress } from '../netstack/ip-address.ts';
import { LOOPBACK_IPV4 } from '../netstack/ipv4.ts';
import { ANY_IPV6 } from '../netstack/ipv6.ts';
import type { ProcessContext } from './image.ts';

/**
 * Where a server of this container listens. A container that declares no port keeps to itself: it is reached
 * from its own pod only, over localhost.
 */
export function listenAddress({ ports }: Pick<ProcessContext, 'ports'>): IpAddress {
  return ports.length > 0 ? ANY_IPV6 : LOOPBACK_IPV4;
}

/** The first declared TCP port, or the image's own. */
export function tcpPort({ ports }: Pick<ProcessContext, 'ports'>, byDefault: number): number {
  return ports.find(({ protocol }) => protocol === 'TCP')?.containerPort ?? byDefault;
}
