import type { Endpoint } from '../endpoint.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import type { SendResult } from '../ip/ip-protocol.ts';
import { type IpAddress, isAny } from '../ip-address.ts';
import type { UdpStack } from './udp-stack.ts';

/**
 * A bound UDP socket. `onMessage` gets each datagram with its sender and the local address it was sent to;
 * answer with `send(payload, from, to)` so that the source is the address that was asked.
 */
export class UdpSocket {
  readonly address: IpAddress;
  readonly port: number;
  onMessage: (payload: Uint8Array, from: Endpoint, to: Endpoint) => void = () => {};
  /** An ICMP error about a datagram of ours; port unreachable is type 3 code 3. */
  onFault: (fault: IcmpFault, remote: Endpoint) => void = () => {};
  onClose: () => void = () => {};
  readonly #stack: UdpStack;
  /** IP_MTU_DISCOVER: by default what is too long for its path is cut; with `true` it is refused with EMSGSIZE. */
  dontFragment: boolean | 'if-it-fits' = 'if-it-fits';
  closed = false;

  constructor(stack: UdpStack, address: IpAddress, port: number) {
    this.#stack = stack;
    this.address = address;
    this.port = port;
  }

  /** `from` overrides the source address of a socket bound to any. */
  send(payload: Uint8Array, to: Endpoint, from?: IpAddress | Endpoint): SendResult {
    if (this.closed) return 'EINVAL';
    const chosen = typeof from === 'object' ? from.address : from;
    const source = chosen ?? (isAny(this.address) ? undefined : this.address);
    return this.#stack.transmit(payload, this.port, to, source, this.dontFragment);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#stack.release(this);
    this.onClose();
  }
}
