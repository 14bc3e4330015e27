import { describe, expect, it } from 'vitest';
import { cidr } from '../../../../agents/netstack/cidr.ts';
import { writeEthernet } from '../../../../agents/netstack/header/ethernet.ts';
import { parseVxlan } from '../../../../agents/netstack/header/vxlan-header.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { EthernetDevice } from '../../../../agents/netstack/link/ethernet-device.ts';
import { createVxlan } from '../../../../agents/netstack/link/vxlan.ts';
import { mac } from '../../../../agents/netstack/mac.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';
import { udpFrame } from '../../../kernel/plain-frames.ts';

it.each([
  ['a VNI', [8, 0, 0, 0, 0, 0, 5, 0], 5],
  ['no VNI', [0, 0, 0, 0, 0, 0, 5, 0], 'VXLAN_INVALID_HDR'],
  ['another flag', [12, 0, 0, 0, 0, 0, 5, 0], 'VXLAN_INVALID_HDR'],
  ['reserved bits before it', [8, 0, 1, 0, 0, 0, 5, 0], 'VXLAN_INVALID_HDR'],
  ['reserved bits behind it', [8, 0, 0, 0, 0, 0, 5, 1], 'VXLAN_INVALID_HDR'],
] as const)('a header with %s', (_what, bytes, expected) => {
  expect(parseVxlan(Uint8Array.from(bytes), 0, 8)).toBe(expected);
});

const [HOST, OTHER] = ['02:00:00:00:f1:03', '02:00:00:00:f1:04'];

/** A tunnel that learns, and a way to send frames into it from outside. */
function lab() {
  const clock = new VirtualClock();
  const ns = new Netns({ name: 'node', clock, rng: seededRng(1) });
  const u0 = new EthernetDevice(ns, 'u0', { mac: mac('02:00:00:00:0d:01'), transmit: () => {} });
  ns.addAddress(u0, cidr('10.0.1.1/24'));
  u0.setUp();
  const tunnel = createVxlan(ns, 'vx0', { vni: 5, local: ipv4('10.0.1.1'), device: u0 });
  tunnel.setUp();
  const arrive = (source: string, from: string): void => {
    const body = new Uint8Array(8 + 14 + 46);
    body.set([8, 0, 0, 0, 0, 0, 5, 0]);
    writeEthernet(body, 8, mac('ff:ff:ff:ff:ff:ff'), mac(from), 0x88b5);
    const way = { from: '02:00:00:00:aa:13', to: '02:00:00:00:0d:01', source, destination: '10.0.1.1' };
    u0.receive(udpFrame(way, 40_000, 8472, body));
  };
  const known = () => tunnel.fdbList().map(({ remote, isLearnt }) => [remote, isLearnt]);
  return { clock, ns, tunnel, arrive, known };
}

describe('a tunnel that learns', () => {
  it('knows where who sent last is, for a while', async () => {
    const { clock, arrive, known } = lab();
    arrive('10.0.1.3', HOST);
    arrive('10.0.1.4', HOST);
    expect(known()).toEqual([[ipv4('10.0.1.4'), true]]);
    await clock.run(301_000);
    expect(known()).toEqual([]);
  });

  it('believes a command rather than a sender', () => {
    const { ns, tunnel, arrive, known } = lab();
    tunnel.fdbAppend(mac(HOST), ipv4('10.0.1.3'));
    arrive('10.0.1.4', HOST);
    expect([known(), ns.drops.get('VXLAN_SOURCE')]).toEqual([[[ipv4('10.0.1.3'), false]], 1]);
  });

  it('has one remote for a host, several for whoever is not known', () => {
    const { tunnel, known } = lab();
    for (const remote of ['10.0.1.3', '10.0.1.4']) tunnel.fdbAppend(mac(OTHER), ipv4(remote));
    expect(known()).toHaveLength(1);
    for (const remote of ['10.0.1.3', '10.0.1.4']) tunnel.fdbAppend(mac('00:00:00:00:00:00'), ipv4(remote));
    expect(known()).toHaveLength(3);
  });
});
