import { ZERO_MAC } from '../mac.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { Link } from './link.ts';

/** `lo`: what is sent comes back in, its route and connection kept (drivers/net/loopback.c). */
export class LoopbackLink extends Link {
  readonly kind = 'loopback';

  constructor(ns: Netns) {
    super(ns, 'lo', { mac: ZERO_MAC, mtu: 65536 });
    this.noArp = true;
  }

  protected override xmit(packet: Packet): void {
    this.ns.softirq.enqueue(this, packet);
  }
}
