import { expect, it } from 'vitest';
import { HostLocalIpam } from '../../../agents/cni/host-local-ipam.ts';
import { cidr } from '../../../agents/netstack/cidr.ts';
import { formatIp } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';

const take = (ipam: HostLocalIpam, id: string): string => formatIp(ipam.allocate(id));

it('goes round, so that a freed address rests', () => {
  const ipam = new HostLocalIpam(cidr('10.244.1.0/29'));
  expect(['a', 'b', 'c'].map((id) => take(ipam, id))).toEqual(['10.244.1.2', '10.244.1.3', '10.244.1.4']);
  ipam.release('a');
  expect(['d', 'e', 'f'].map((id) => take(ipam, id))).toEqual(['10.244.1.5', '10.244.1.6', '10.244.1.2']);
});

it('never gives the network, the gateway or the broadcast, and says when nothing is left', () => {
  const ipam = new HostLocalIpam(cidr('10.244.1.0/24'));
  const given = Array.from({ length: 253 }, (_, index) => take(ipam, String(index)));
  expect(new Set(given).size).toBe(253);
  for (const special of ['10.244.1.0', '10.244.1.1', '10.244.1.255']) expect(given).not.toContain(special);
  expect(() => ipam.allocate('one more')).toThrow(
    expect.objectContaining({ code: 11, message: 'no IP addresses available in 10.244.1.0/24' }),
  );
  expect(ipam.inUse).toBe(253);
  ipam.release('17');
  expect(take(ipam, 'one more')).toBe(given[17]);
});

it('passes over what is reserved', () => {
  const ipam = new HostLocalIpam(cidr('10.244.1.0/24'), (address) => address === ipv4('10.244.1.2'));
  expect(take(ipam, 'a')).toBe('10.244.1.3');
});

it('gives a container one address only, and takes a release of nothing', () => {
  const ipam = new HostLocalIpam(cidr('10.244.1.0/24'));
  take(ipam, 'a');
  expect(() => ipam.allocate('a')).toThrow(expect.objectContaining({ code: 100 }));
  ipam.release('never seen');
  ipam.release('a');
  ipam.release('a');
  expect(ipam.inUse).toBe(0);
});

it.each(['10.0.0.0/31', '10.0.0.0/32'])('has nothing to give in %s', (subnet) => {
  expect(() => new HostLocalIpam(cidr(subnet)).allocate('a')).toThrow(expect.objectContaining({ code: 11 }));
});
