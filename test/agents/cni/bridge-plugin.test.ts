import { expect, it } from 'vitest';
import { BridgePlugin } from '../../../agents/cni/bridge-plugin.ts';
import { HostLocalIpam } from '../../../agents/cni/host-local-ipam.ts';
import { cidr } from '../../../agents/netstack/cidr.ts';
import { formatIpv4 } from '../../../agents/netstack/ipv4.ts';
import { createVethPair } from '../../../agents/netstack/link/veth.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

function build() {
  const clock = new VirtualClock();
  const rng = seededRng(1);
  const netns = (name: string) => new Netns({ name, clock, rng });
  const host = netns('node');
  const ipam = new HostLocalIpam(cidr('10.244.1.0/24'));
  const plugin = new BridgePlugin({ host, bridge: 'cni0', mtu: 1450, ipams: [ipam] });
  const names = () =>
    host
      .links()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('veth'));
  return { clock, netns, host, ipam, plugin, names };
}

it('answers as CNI 1.1 has it, and the container is wired up so', () => {
  const { host, netns, plugin, names } = build();
  const pod = netns('pod');
  const result = plugin.add({ containerId: 'a', netns: pod, ifName: 'eth0' });
  const [veth] = names();
  expect(result).toEqual({
    cniVersion: '1.1.0',
    interfaces: [
      { name: 'cni0', mac: '0a:58:0a:f4:01:01', mtu: 1450 },
      { name: veth, mac: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/), mtu: 1450 },
      { name: 'eth0', mac: '0a:58:0a:f4:01:02', mtu: 1450, sandbox: 'pod' },
    ],
    ips: [{ address: '10.244.1.2/24', gateway: '10.244.1.1', interface: 2 }],
    routes: [{ dst: '0.0.0.0/0', gw: '10.244.1.1' }],
  });
  expect(host.link('cni0')!.addresses.map(({ address }) => formatIpv4(address))).toEqual(['10.244.1.1']);
  expect(pod.link('eth0')!.up).toBe(true);
  expect(pod.fib.list().find(({ prefixLength }) => prefixLength === 0)?.gateway).toBe(0x0af40101);
});

it('undoes an ADD with DEL, as often as asked, and what was never added', () => {
  const { netns, ipam, plugin, names } = build();
  const args = { containerId: 'a', netns: netns('pod'), ifName: 'eth0' };
  plugin.del(args);
  plugin.add(args);
  expect([names().length, ipam.inUse]).toEqual([1, 1]);
  plugin.del(args);
  plugin.del(args);
  expect([names().length, ipam.inUse]).toEqual([0, 0]);
  expect(args.netns.link('eth0')).toBeUndefined();
  plugin.add(args);
  expect([names().length, ipam.inUse]).toEqual([1, 1]);
});

it('refuses a second ADD and leaves the first alone', () => {
  const { netns, ipam, plugin, names } = build();
  const args = { containerId: 'a', netns: netns('pod'), ifName: 'eth0' };
  plugin.add(args);
  expect(() => plugin.add(args)).toThrow(expect.objectContaining({ code: 100 }));
  expect([names().length, ipam.inUse]).toEqual([1, 1]);
  expect(args.netns.link('eth0')!.up).toBe(true);
});

it('takes everything back when it fails half way', () => {
  const { clock: _, host, netns, ipam, plugin, names } = build();
  const pod = netns('pod');
  createVethPair({ ns: pod, name: 'eth0' }, { ns: netns('other'), name: 'x' });
  expect(() => plugin.add({ containerId: 'a', netns: pod, ifName: 'eth0' })).toThrow(/EEXIST/);
  expect([names(), ipam.inUse]).toEqual([[], 0]);
  expect(host.link('cni0')).toBeDefined();
  const late = netns('late');
  late.addRoute = () => {
    throw new Error('no route');
  };
  expect(() => plugin.add({ containerId: 'b', netns: late, ifName: 'eth0' })).toThrow('no route');
  expect([names(), ipam.inUse, late.link('eth0')]).toEqual([[], 0, undefined]);
});

it('does not take another device for its bridge', () => {
  const { host, netns, ipam, plugin } = build();
  createVethPair({ ns: host, name: 'cni0' }, { ns: netns('other'), name: 'x' });
  expect(() => plugin.add({ containerId: 'a', netns: netns('pod'), ifName: 'eth0' })).toThrow(
    /cni0 already exists but is not a bridge/,
  );
  expect(ipam.inUse).toBe(0);
});
