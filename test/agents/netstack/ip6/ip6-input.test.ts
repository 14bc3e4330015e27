import { describe, expect, it } from 'vitest';
import { cidr6 } from '../../../../agents/netstack/cidr.ts';
import { formatIp } from '../../../../agents/netstack/ip-address.ts';
import { FlowWorld, type FrameSpec, frameOf } from '../flow/flow-world.ts';

/** What test/kernel found to be otherwise than Linux once, of IPv6; here it needs no kernel to be seen. */

const SPEC: FrameSpec = {
  protocol: 'tcp',
  source: 'fd00:10:244:1::2',
  destination: 'fd00:10:244:1::1',
  sourcePort: 4000,
  destinationPort: 53,
  flags: 2,
  ttl: 64,
  payload: 0,
  dontFragment: false,
};

function world(table: string): FlowWorld {
  const node = new FlowWorld({ rules: '' });
  node.speakIpv6('');
  const { stderr } = node.ns.nftables.run(`table ip6 t { ${table} }`);
  expect(stderr).toBe('');
  return node;
}

const addresses = (node: FlowWorld): string[] =>
  node.ns
    .links()
    .find(({ name }) => name === 'cni0')!
    .addresses6.map(({ address }) => formatIp(address));

it("a device's addresses stand by how far they mean something, then the newest first", () => {
  const node = world('');
  node.ns.addAddress(node.cni0, cidr6('fec0::1/64'));
  node.ns.addAddress(node.cni0, cidr6('fd00:10:244:1::9/64'));
  expect(addresses(node)).toEqual(['fd00:10:244:1::9', 'fd00:10:244:1::1', 'fec0::1', 'fe80::ff:fe00:101']);
});

describe('redirect', () => {
  const REDIRECT = 'chain c { type nat hook prerouting priority -100; redirect; };';

  it.each([
    ['2001:db8::7', 'answers'],
    ['ff02::1', 'answers'],
    // Site-local, and the old form of an address of IPv4: no device has an address of that scope.
    ['ff05::1', 'is silent'],
    ['fec0::9', 'is silent'],
    ['::2', 'is silent'],
  ])('leads to an address of the scope that was meant: %s %s', async (destination, outcome) => {
    const node = world(REDIRECT);
    node.send('pod2', frameOf('pod2', { ...SPEC, destination }));
    const resets = (await node.take()).filter(({ frame }) => frame[20] === 6);
    expect(resets).toHaveLength(outcome === 'answers' ? 1 : 0);
  });
});

it.each([
  ['a header that is cut', 1, '0'],
  ['one of which what comes next can be read', 2, '1'],
])('a rule that asks for the protocol does not match %s', async (_, length, packets) => {
  const node = world('chain c { type filter hook prerouting priority 0; meta l4proto != udp counter; };');
  const frame = frameOf('pod2', { ...SPEC, payload: 20 }).slice(0, 54 + length);
  frame[20] = 60;
  frame.fill(0, 54);
  frame[54] = 6;
  new DataView(frame.buffer).setUint16(18, length);
  node.send('pod2', frame);
  await node.take();
  expect(node.ns.nftables.run('list ruleset').stdout).toContain(`counter packets ${packets} `);
});
