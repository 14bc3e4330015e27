import { describe, expect, it } from 'vitest';
import { cidr } from '../../../../agents/netstack/cidr.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { EthernetDevice } from '../../../../agents/netstack/link/ethernet-device.ts';
import { mac, ZERO_MAC } from '../../../../agents/netstack/mac.ts';
import { decideAnswer } from '../../../../agents/netstack/neigh/arp-answer.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';

/** A router with 10.0.0.1 on d0, 10.0.1.1 on d1 and 10.99.0.1 on lo. */
function router(settings: Readonly<Record<string, number>>) {
  const ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
  const [d0, d1] = ['d0', 'd1'].map((name) => new EthernetDevice(ns, name, { transmit: () => {} }));
  ns.lo.setUp();
  ns.sysctl.set('net.ipv4.ip_forward', 1);
  ns.addAddress(ns.lo, cidr('10.99.0.1/32'));
  ns.addAddress(d0!, cidr('10.0.0.1/24'));
  ns.addAddress(d1!, cidr('10.0.1.1/24'));
  for (const device of [d0!, d1!]) device.setUp();
  for (const [name, value] of Object.entries(settings)) ns.sysctl.set(`net.ipv4.conf.d0.${name}`, value);
  const asked = (target: string, source = '10.0.0.2') =>
    decideAnswer(ns, d0!, {
      operation: 1,
      senderMac: mac('02:00:00:00:00:02'),
      senderAddress: ipv4(source),
      targetMac: ZERO_MAC,
      targetAddress: ipv4(target),
    });
  return { ns, d0: d0!, asked };
}

describe('who is asked for by ARP', () => {
  it('is us, by whatever device', () => {
    const { asked } = router({});
    for (const own of ['10.0.0.1', '10.0.1.1', '10.99.0.1']) expect(asked(own)).toBe('own');
    expect(asked('10.0.0.7')).toBe('other');
    expect(asked('10.0.1.7')).toBe('other');
  });

  it.each([
    [1, '10.0.1.1', '10.0.0.2', 'own, but kept to ourselves'],
    [1, '10.0.0.1', '10.9.9.9', 'own'],
    [2, '10.0.0.1', '10.0.0.2', 'own'],
    [2, '10.0.0.1', '10.0.1.2', 'own, but kept to ourselves'],
    [2, '10.0.0.1', '0.0.0.0', 'own'],
    [3, '10.0.1.1', '10.0.0.2', 'own'],
    [8, '10.0.0.1', '10.0.0.2', 'own, but kept to ourselves'],
  ] as const)('arp_ignore=%i: %s for %s is %s', (level, target, source, expected) => {
    expect(router({ arp_ignore: level }).asked(target, source)).toBe(expected);
  });

  it('arp_filter=1: is us only where the way back is', () => {
    const { asked } = router({ arp_filter: 1 });
    expect(asked('10.0.0.1')).toBe('own');
    expect(asked('10.0.0.1', '10.0.1.2')).toBe('own, but kept to ourselves');
  });

  it('proxy_arp=1: is anybody elsewhere; proxied neighbours are without it', () => {
    expect(router({ proxy_arp: 1 }).asked('10.0.1.7')).toBe('proxied');
    expect(router({ proxy_arp: 1 }).asked('10.0.0.7')).toBe('other');
    const { ns, d0, asked } = router({});
    ns.neighbours.proxied.set({ link: d0, address: ipv4('10.0.1.7'), isRouter: false });
    expect([asked('10.0.1.7'), asked('10.0.1.8')]).toEqual(['proxied', 'other']);
  });
});
