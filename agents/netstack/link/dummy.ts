import { type Mac, randomMac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { Link } from './link.ts';

/** A device that holds addresses and swallows what is sent to it (drivers/net/dummy.c). */
export class DummyLink extends Link {
  readonly kind = 'dummy';

  protected override xmit(_packet: Packet): void {}
}

export function createDummy(ns: Netns, name: string, options: { mac?: Mac; mtu?: number } = {}): DummyLink {
  const link = new DummyLink(ns, name, { mac: options.mac ?? randomMac(ns.rng), mtu: options.mtu ?? 1500 });
  link.noArp = true;
  return link;
}
