import { type Mac, randomMac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import { Link } from './link.ts';

/** A device that swallows what is sent (drivers/net/dummy.c); it exists to hold addresses. */
export class DummyLink extends Link {
  readonly kind = 'dummy';

  protected override xmit(): void {}
}

export function createDummy(ns: Netns, name: string, options: { mac?: Mac; mtu?: number } = {}): DummyLink {
  const link = new DummyLink(ns, name, { mac: options.mac ?? randomMac(ns.rng), mtu: options.mtu ?? 1500 });
  link.noArp = true;
  return link;
}
