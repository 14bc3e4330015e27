import { type Ipv4, ipv4 } from '../netstack/ipv4.ts';
import type { Mac } from '../netstack/mac.ts';

/** The MAC of a node or of the host on the nodes' segment: 02:42 and its address, as Docker makes them. */
export function lanMac(address: string | Ipv4): Mac {
  const value = typeof address === 'string' ? ipv4(address) : address;
  return (0x0242 * 2 ** 32 + value) as Mac;
}
