import { type Mac, randomMac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { Link } from './link.ts';

/** One end of a virtual Ethernet cable (drivers/net/veth.c). */
export class VethLink extends Link {
  readonly kind = 'veth';
  peer: VethLink | undefined = undefined;

  override get carrier(): boolean {
    return this.up && this.peer?.up === true;
  }

  protected override xmit(packet: Packet): void {
    const { peer } = this;
    if (!peer?.up) {
      this.stats.txDropped++;
      return this.ns.drop(packet, 'DEV_READY');
    }
    packet.scrub(peer.ns !== this.ns);
    peer.ns.softirq.enqueue(peer, packet);
  }

  override onCarrier(): void {
    this.peer?.ns.changed();
    if (!this.up && this.peer) this.peer.master?.portDown(this.peer);
  }

  override onDelete(): void {
    const { peer } = this;
    this.peer = undefined;
    if (peer) {
      peer.peer = undefined;
      peer.delete();
    }
  }
}

export interface VethEnd {
  readonly ns: Netns;
  readonly name: string;
  readonly mac?: Mac;
  readonly mtu?: number;
}

/** Both ends start down; deleting one deletes the other. */
export function createVethPair(a: VethEnd, b: VethEnd): [VethLink, VethLink] {
  const [first, second] = [a, b].map(
    (end) => new VethLink(end.ns, end.name, { mac: end.mac ?? randomMac(end.ns.rng), mtu: end.mtu ?? 1500 }),
  ) as [VethLink, VethLink];
  first.peer = second;
  second.peer = first;
  return [first, second];
}
