import { cidr } from '../../../agents/netstack/cidr.ts';
import { EthernetDevice } from '../../../agents/netstack/link/ethernet-device.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { type Rng, seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

export interface Faults {
  /** Chances in [0, 1) for each frame. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  /** Each frame takes up to this many milliseconds, so frames overtake each other. */
  readonly jitterMs?: number;
}

/** Two hosts 10.0.0.1 and 10.0.0.2 on a wire that loses, doubles, damages and reorders, by a seed. */
export class LossyWire {
  readonly clock = new VirtualClock();
  readonly a: Netns;
  readonly b: Netns;
  /** Judges each frame before the dice do; false loses it. */
  pass: (frame: Uint8Array, from: 'a' | 'b') => boolean = () => true;
  readonly #rng: Rng;
  #faults: Faults;

  constructor(seed: number, faults: Faults = {}, mtu = 1500) {
    this.#rng = seededRng(seed);
    this.#faults = {};
    this.a = new Netns({ name: 'a', clock: this.clock, rng: this.#rng });
    this.b = new Netns({ name: 'b', clock: this.clock, rng: this.#rng });
    const devices: EthernetDevice[] = [this.a, this.b].map((ns, i) => {
      ns.lo.setUp();
      const device = new EthernetDevice(ns, 'eth0', {
        mtu,
        transmit: (frame) => this.#carry(frame, i === 0 ? 'a' : 'b', () => devices[1 - i]!),
      });
      ns.addAddress(device, cidr(`10.0.0.${i + 1}/24`));
      device.setUp();
      return device;
    });
    this.a.addNeighbour(devices[0]!, cidr('10.0.0.2').address, devices[1]!.mac);
    this.b.addNeighbour(devices[1]!, cidr('10.0.0.1').address, devices[0]!.mac);
    this.#faults = faults;
  }

  async until(condition: () => boolean, milliseconds = 600_000): Promise<boolean> {
    return this.clock.runUntil(condition, milliseconds);
  }

  #carry(frame: Uint8Array, from: 'a' | 'b', to: () => EthernetDevice): void {
    const { loss = 0, duplication = 0 } = this.#faults;
    if (!this.pass(frame, from) || this.#rng.float() < loss) return;
    this.#deliver(frame, to);
    if (this.#rng.float() < duplication) this.#deliver(frame, to);
  }

  #deliver(frame: Uint8Array, to: () => EthernetDevice): void {
    const { jitterMs = 0, corruption = 0 } = this.#faults;
    const copy = frame.slice();
    if (this.#rng.float() < corruption) copy[this.#rng.int(copy.length)]! ^= 1 << this.#rng.int(8);
    this.clock.setTimeout(() => to().receive(copy), 1 + Math.floor(this.#rng.float() * jitterMs));
  }
}
