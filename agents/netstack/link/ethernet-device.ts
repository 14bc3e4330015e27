import { type Mac, randomMac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import { Packet } from '../packet.ts';
import { Link } from './link.ts';

export interface EthernetDeviceOptions {
  readonly mac?: Mac;
  readonly mtu?: number;
  /** Gets each frame that leaves; the bytes are the callee's to keep. */
  transmit(frame: Uint8Array): void;
}

/**
 * A device whose medium is outside the namespace: `receive` puts a frame in, `transmit` (an option) gets what
 * comes out. `receive` owns the bytes it is given and has worked them off when it returns.
 */
export class EthernetDevice extends Link {
  readonly kind = 'ether';
  readonly #transmit: (frame: Uint8Array) => void;

  constructor(ns: Netns, name: string, options: EthernetDeviceOptions) {
    super(ns, name, { mac: options.mac ?? randomMac(ns.rng), mtu: options.mtu ?? 1500 });
    this.#transmit = (frame) => options.transmit(frame);
  }

  receive(frame: Uint8Array): void {
    this.ns.softirq.receive(this, Packet.fromFrame(frame));
  }

  /** As `receive`, for a packet that already is one: captures with a trace, benchmarks. */
  receivePacket(packet: Packet): void {
    this.ns.softirq.receive(this, packet);
  }

  protected override xmit(packet: Packet): void {
    this.#transmit(packet.frame());
  }
}
