import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flannel, type FlannelLease } from '../../../agents/cni/flannel.ts';
import { flannelAnnotations, flannelLease } from '../../../agents/cni/flannel-annotations.ts';
import { NodeCni } from '../../../agents/cni/node-cni.ts';
import { cidr, formatCidr } from '../../../agents/netstack/cidr.ts';
import { formatIp } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { EthernetDevice } from '../../../agents/netstack/link/ethernet-device.ts';
import type { VxlanLink } from '../../../agents/netstack/link/vxlan.ts';
import { formatMac, mac } from '../../../agents/netstack/mac.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import type { Node } from '../../../openapi/generated/types.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

function build() {
  const host = new Netns({ name: 'node-1', clock: new VirtualClock(), rng: seededRng(1) });
  const underlay = new EthernetDevice(host, 'eth0', { transmit: () => {} });
  host.addAddress(underlay, cidr('172.18.0.2/16'));
  underlay.setUp();
  const flannel = new Flannel({
    host,
    version: 4,
    underlay,
    nodeIp: '172.18.0.2',
    clusterCidr: '10.244.0.0/16',
  });
  return { host, flannel };
}

const lease = (subnet: string, ip: string, address: string): FlannelLease => ({
  podCidr: cidr(subnet),
  publicIp: ipv4(ip),
  vtepMac: mac(address),
});
const SECOND = lease('10.244.1.0/24', '172.18.0.3', '02:00:00:00:00:03');

/** What flannel.1 knows of other nodes: neighbours, forwarding entries, routes. */
function entries(host: Netns) {
  const device = host.link('flannel.1') as VxlanLink;
  return {
    arp: host.neighbours
      .list()
      .filter(({ link }) => link === device)
      .map(({ address, mac: to, state }) => `${formatIp(address)} ${formatMac(to!)} ${state}`),
    fdb: device.fdbList().map(({ mac: to, remote }) => `${formatMac(to)} ${formatIp(remote)}`),
    routes: host.fib
      .list()
      .filter(({ link, gateway }) => link === device && gateway !== undefined)
      .map(
        ({ destination, prefixLength, gateway }) =>
          `${formatCidr({ address: destination as never, prefixLength })} via ${formatIp(gateway!)}`,
      ),
  };
}

const NOTHING = { arp: [], fdb: [], routes: [] };
const OF_SECOND = {
  arp: ['10.244.1.0 02:00:00:00:00:03 PERMANENT'],
  fdb: ['02:00:00:00:00:03 172.18.0.3'],
  routes: ['10.244.1.0/24 via 10.244.1.0'],
};

describe('leases', () => {
  it.each(['before', 'after'])('that are known %s the start lead to the other node', (when) => {
    const { host, flannel } = build();
    if (when === 'before') flannel.setLease('node-2', SECOND);
    flannel.start(cidr('10.244.0.0/24'));
    if (when === 'after') flannel.setLease('node-2', SECOND);
    expect(entries(host)).toEqual(OF_SECOND);
    flannel.removeLease('node-2');
    flannel.removeLease('node-2');
    expect(entries(host)).toEqual(NOTHING);
  });

  it('that change leave nothing of their old self', () => {
    const { host, flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    flannel.setLease('node-2', SECOND);
    flannel.setLease('node-2', lease('10.244.1.0/24', '172.18.0.9', '02:00:00:00:00:09'));
    expect(entries(host)).toEqual({
      arp: ['10.244.1.0 02:00:00:00:00:09 PERMANENT'],
      fdb: ['02:00:00:00:00:09 172.18.0.9'],
      routes: ['10.244.1.0/24 via 10.244.1.0'],
    });
    flannel.setLease('node-2', lease('10.244.7.0/24', '172.18.0.9', '02:00:00:00:00:09'));
    expect(entries(host).routes).toEqual(['10.244.7.0/24 via 10.244.7.0']);
  });

  it('write the ARP entry, then the FDB entry, then the route', () => {
    const { host, flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    const device = host.link('flannel.1') as VxlanLink;
    const order: string[] = [];
    const spy = <T extends object>(target: T, name: keyof T & string): void => {
      const original = target[name] as (...args: unknown[]) => unknown;
      Object.assign(target, {
        [name]: (...args: unknown[]) => {
          order.push(name);
          return original.apply(target, args);
        },
      });
    };
    spy(host, 'addNeighbour');
    spy(device, 'fdbReplace');
    spy(host, 'replaceRoute');
    flannel.setLease('node-2', SECOND);
    flannel.setLease('node-2', { ...SECOND });
    expect(order).toEqual(['addNeighbour', 'fdbReplace', 'replaceRoute']);
  });

  it('bear that an administrator took their entries, or the device, away', () => {
    const { host, flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    flannel.setLease('node-2', SECOND);
    host.delRoute({ destination: cidr('10.244.1.0/24') });
    flannel.removeLease('node-2');
    expect(entries(host)).toEqual(NOTHING);
    host.link('flannel.1')!.setDown();
    flannel.setLease('node-2', SECOND);
    flannel.removeLease('node-2');
  });

  it('take no traffic that is not their own', () => {
    const { host, flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    const before = host.fib.list().length;
    for (const subnet of ['0.0.0.0/0', '10.244.0.0/16', '10.244.0.0/24', '10.244.0.128/25', '172.18.0.0/16'])
      flannel.setLease('thief', lease(subnet, '172.18.0.66', '02:00:00:00:00:66'));
    expect(host.fib.list()).toHaveLength(before);
  });

  it('of the same share: the one that stays is in force', () => {
    const { host, flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    flannel.setLease('node-2', SECOND);
    flannel.setLease('twin', lease('10.244.1.0/24', '172.18.0.66', '02:00:00:00:00:66'));
    flannel.removeLease('twin');
    expect(entries(host)).toEqual(OF_SECOND);
  });
});

describe('annotations', () => {
  const PREFIX = 'flannel.alpha.coreos.com';
  const node = (annotations: Record<string, string>, podCIDR = '10.244.1.0/24'): Node => ({
    metadata: { name: 'node-2', annotations },
    spec: { podCIDR },
  });
  const good = flannelAnnotations(4, '02:00:00:00:00:03', '172.18.0.3');

  it('tell the lease they were made of', () => {
    expect(flannelLease(node(good), 4)).toEqual(SECOND);
  });

  it.each([
    ['public-ip', '172.18.0.999'],
    ['public-ip', '0.0.0.0'],
    ['public-ip', '127.0.0.1'],
    ['public-ip', '224.0.0.1'],
    ['public-ip', '255.255.255.255'],
    ['backend-data', ''],
    ['backend-data', 'null'],
    ['backend-data', '{"VtepMAC": 7}'],
    ['backend-data', '{"VtepMAC": "zz:00:00:00:00:03"}'],
    ['backend-data', '{"VtepMAC": "ff:ff:ff:ff:ff:ff"}'],
    ['backend-data', '{"VtepMAC": "00:00:00:00:00:00"}'],
  ])('with %s %j are none', (name, value) => {
    expect(flannelLease(node({ ...good, [`${PREFIX}/${name}`]: value }), 4)).toBeUndefined();
  });

  it.each(['', 'fd00::/64', '10.244.1.0/33', 'x'])('of a node with pod CIDR %j are none', (podCidr) => {
    expect(flannelLease(node(good, podCidr), 4)).toBeUndefined();
  });

  it('never throw, and neither does what is made of them', () => {
    const { flannel } = build();
    flannel.start(cidr('10.244.0.0/24'));
    const subnet = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(255), fc.nat(255), fc.nat(40)).map(([b, c, bits]) => `10.${b}.${c}.0/${bits}`),
    );
    fc.assert(
      fc.property(subnet, fc.string(), fc.string(), (podCidr, ip, data) => {
        const annotations = { ...good, [`${PREFIX}/backend-data`]: data, [`${PREFIX}/public-ip`]: ip };
        for (const each of [annotations, good]) {
          const found = flannelLease(node(each, podCidr), 4);
          if (found) flannel.setLease('node-2', found);
        }
        flannel.removeLease('node-2');
      }),
    );
  });
});

describe("a node's network", () => {
  it('waits for the pod CIDR, and keeps what earlier pods still show', () => {
    const { host, flannel } = build();
    const cni = new NodeCni(host, [flannel]);
    const netns = () => new Netns({ name: 'pod', clock: host.clock, rng: host.rng });
    const ip = (containerId: string) =>
      cni.add({ containerId, netns: netns(), ifName: 'eth0' }).ips[0]!.address;
    expect(() => ip('a')).toThrow(expect.objectContaining({ code: 11 }));
    expect(cni.ready).toBe(false);
    cni.reserve('old-1', ['10.244.0.2']);
    cni.reserve('old-2', ['10.244.0.2']);
    cni.reserve('old-3', ['10.244.0.4']);
    cni.reserve('odd', ['no address']);
    cni.start(['10.244.0.0/24']);
    cni.start(['10.244.0.0/24']);
    cni.unreserve('old-1');
    cni.unreserve('old-3');
    cni.unreserve('never seen');
    expect([ip('a'), ip('b')]).toEqual(['10.244.0.3/24', '10.244.0.4/24']);
  });
});
