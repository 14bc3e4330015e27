import { describe, expect, it } from 'vitest';
import { internetChecksum } from '../../../agents/netstack/checksum.ts';
import { isGoodSctp, writeSctpChecksum } from '../../../agents/netstack/header/sctp-header.ts';
import { FlowWorld, type FrameSpec, frameOf, type Port } from './flow/flow-world.ts';

/** What test/kernel found to be otherwise than Linux once; here it needs no kernel to be seen. */

const SPEC: FrameSpec = {
  protocol: 'udp',
  source: '10.244.1.2',
  destination: '172.18.0.100',
  sourcePort: 4000,
  destinationPort: 53,
  flags: 0,
  ttl: 64,
  payload: 40,
  dontFragment: false,
};

/** A node without rules, whose bridge and neighbours know the pods. */
async function world(rules = ''): Promise<FlowWorld> {
  const node = new FlowWorld({ rules });
  for (const [port, source] of [
    ['pod2', '10.244.1.2'],
    ['pod3', '10.244.1.3'],
  ] as const)
    node.send(port, frameOf(port, { ...SPEC, source, sourcePort: 1 }));
  await node.take();
  return node;
}

/** The IPv4 packets that left. */
async function packets(node: FlowWorld): Promise<{ port: Port; frame: Uint8Array }[]> {
  return (await node.take()).filter(({ frame }) => frame[12] === 8 && frame[13] === 0);
}

/** Changes the IPv4 header of a frame and sums it again. */
function changed(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(frame.buffer);
  change(view);
  view.setUint16(24, 0);
  view.setUint16(24, internetChecksum(frame, 14, 14 + (frame[14]! & 15) * 4));
  return frame;
}

function withOptions(frame: Uint8Array, options: readonly number[]): Uint8Array {
  const longer = new Uint8Array(frame.length + options.length);
  longer.set(frame.subarray(0, 34));
  longer.set(options, 34);
  longer.set(frame.subarray(34), 34 + options.length);
  return changed(longer, (view) => {
    view.setUint8(14, 0x45 + options.length / 4);
    view.setUint16(16, longer.length - 14);
  });
}

/** A piece of a frame's body. */
function piece(frame: Uint8Array, from: number, to: number, flags = 0): Uint8Array {
  const part = new Uint8Array(34 + to - from);
  part.set(frame.subarray(0, 34));
  part.set(frame.subarray(34 + from, 34 + to), 34);
  const more = 34 + to < frame.length ? 0x2000 : 0;
  return changed(part, (view) => {
    view.setUint16(16, part.length - 14);
    view.setUint16(20, flags | more | (from >> 3));
  });
}

async function outcome(node: FlowWorld, port: Port, ...frames: Uint8Array[]): Promise<string[]> {
  for (const frame of frames) node.send(port, frame);
  return (await packets(node)).map(({ port: out, frame }) => {
    const view = new DataView(frame.buffer, frame.byteOffset);
    const isIcmp = frame[23] === 1;
    const what = isIcmp
      ? `icmp ${frame[34]}/${frame[35]} ${frame[38]}`
      : `frag ${view.getUint16(20).toString(16)} len ${view.getUint16(16)}`;
    return `${out} ${what} tos ${frame[15]}`;
  });
}

describe('an IPv4 packet that comes in', () => {
  it('is reported with the byte at fault if its options make no sense', async () => {
    const node = await world();
    const send = (options: number[]) => outcome(node, 'pod2', withOptions(frameOf('pod2', SPEC), options));
    expect(await send([1, 1, 1, 0])).toEqual(['eth0 frag 0 len 72 tos 0']);
    expect(await send([7, 40, 4, 0])).toEqual(['pod2 icmp 12/0 20 tos 192']);
    expect(await send([1, 7, 3, 2])).toEqual(['pod2 icmp 12/0 23 tos 192']);
    expect(await send([131, 3, 4, 0])).toEqual([]);
    expect(node.ns.drops.get('IP_OPTIONS')).toBe(3);
  });

  it('may have any source that is not ours, and any unicast destination', async () => {
    const node = await world();
    const send = (spec: Partial<FrameSpec>) => outcome(node, 'pod2', frameOf('pod2', { ...SPEC, ...spec }));
    expect(await send({ source: '0.1.2.3' })).toHaveLength(1);
    expect(await send({ source: '10.244.1.255' })).toHaveLength(1);
    expect(await send({ destination: '0.1.2.3' })).toHaveLength(1);
    expect(await send({ source: '10.244.1.1' })).toEqual([]);
    expect(await send({ source: '0.0.0.0' })).toEqual([]);
    expect(await send({ destination: '239.1.1.1' })).toEqual([]);
  });

  it('gets no answer if it was sent to everyone', async () => {
    const node = await world();
    for (const destination of ['255.255.255.255', '10.244.1.255'])
      for (const protocol of ['tcp', 'udp'] as const)
        expect(
          await outcome(node, 'pod2', frameOf('pod2', { ...SPEC, destination, protocol, flags: 2 })),
        ).toEqual([]);
  });

  it('is answered in its own class of service', async () => {
    const node = await world();
    const marked = (spec: Partial<FrameSpec>) =>
      changed(frameOf('pod2', { ...SPEC, destination: '10.244.1.1', ...spec }), (view) =>
        view.setUint8(15, 0xff),
      );
    expect(await outcome(node, 'pod2', marked({}))).toEqual(['pod2 icmp 3/3 0 tos 222']);
    expect(await outcome(node, 'pod2', marked({ protocol: 'tcp', flags: 2 }))).toEqual([
      'pod2 frag 4000 len 40 tos 252',
    ]);
  });
});

describe('fragments', () => {
  const TRACKING =
    '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n';
  const long = () => frameOf('pod2', { ...SPEC, payload: 1440 });

  it('that came before are ignored, those that overlap in another way void the packet', async () => {
    const node = await world();
    const frame = frameOf('pod2', { ...SPEC, destination: '10.244.1.1', payload: 232 });
    const [first, second] = [() => piece(frame, 0, 160), () => piece(frame, 160, 240)];
    expect(await outcome(node, 'pod2', first(), first(), second())).toHaveLength(1);
    expect(await outcome(node, 'pod2', first(), piece(frame, 152, 240))).toEqual([]);
    expect(node.ns.drops.get('FRAG_DUPLICATE')).toBe(1);
    expect(node.ns.drops.get('FRAG_INVALID')).toBeGreaterThan(0);
  });

  it('leave in the pieces that came, also from behind a bridge, and without DF', async () => {
    const node = await world(TRACKING);
    const pieces = [piece(long(), 0, 960, 0x4000), piece(long(), 960, 1448, 0x4000)];
    node.cni0.mtu = 1400;
    node.devices.eth0.mtu = 1400;
    expect(await outcome(node, 'pod2', ...pieces)).toEqual([
      'eth0 frag 2000 len 980 tos 0',
      'eth0 frag 78 len 508 tos 0',
    ]);
  });
});

it('a masqueraded connection ends when its packets leave by another device', async () => {
  const node = await world('*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n');
  const routed = frameOf('pod2', SPEC);
  const bridged = routed.slice();
  bridged.set([2, 0, 0, 0, 1, 3]);
  expect(await outcome(node, 'pod2', bridged)).toHaveLength(1);
  expect(await outcome(node, 'pod2', routed)).toEqual([]);
  expect(await outcome(node, 'pod2', routed)).toHaveLength(1);
});

it('of hooks with equal priorities the latest comes first', async () => {
  const node = await world('*filter\n-A FORWARD -j DROP\nCOMMIT\n');
  const loaded = node.ns.nftables.run(
    'table ip late { chain forward { type filter hook forward priority 0; counter reject; } }',
  );
  expect(loaded.stderr).toBe('');
  expect(await outcome(node, 'pod2', frameOf('pod2', SPEC))).toEqual(['pod2 icmp 3/3 0 tos 192']);
});

it('a packet that is routed back to the bridge it came by meets FORWARD once', async () => {
  const node = await world('*filter\n-A FORWARD -j ACCEPT\nCOMMIT\n');
  const routed = frameOf('pod2', { ...SPEC, destination: '10.244.1.3' });
  routed.set([2, 0, 0, 0, 1, 1]);
  node.ns.iptables.restore('*filter\n-F\n-A FORWARD -j ACCEPT\nCOMMIT\n');
  expect(await outcome(node, 'pod2', routed)).toEqual(['pod3 frag 0 len 68 tos 0']);
  expect(node.ns.iptables.save({ counters: true })).toContain('[1:68] -A FORWARD -j ACCEPT');
});

describe('a bridge', () => {
  it('passes pieces on that fit its own MTU, not only that of its ports', async () => {
    const node = await world('*filter\n-A FORWARD -m conntrack --ctstate NEW\nCOMMIT\n');
    const frame = frameOf('pod2', { ...SPEC, destination: '10.244.1.3', payload: 1600 });
    const cut = (at: number) => [piece(frame, 0, at), piece(frame, at, 1608)];
    expect(await outcome(node, 'pod2', ...cut(1424))).toEqual([
      'pod3 frag 2000 len 1444 tos 0',
      'pod3 frag b2 len 204 tos 0',
    ]);
    expect(await outcome(node, 'pod2', ...cut(1432))).toEqual([]);
  });

  it('leads nothing elsewhere that may not be routed', async () => {
    const node = await world(
      '*nat\n-A PREROUTING -d 192.0.2.1/32 -j DNAT --to-destination 10.244.1.3\nCOMMIT\n',
    );
    const send = (source: string) =>
      outcome(node, 'pod2', frameOf('pod2', { ...SPEC, source, destination: '192.0.2.1' }));
    expect(await send('10.244.1.2')).toEqual(['pod3 frag 0 len 68 tos 0']);
    expect(await send('10.244.1.1')).toEqual([]);
    expect(node.ns.drops.get('IP_LOCAL_SOURCE')).toBe(1);
  });

  it('shows a frame to the hooks of what it says to be, whatever its first bits are', async () => {
    const node = await world();
    node.ns.ip6tables.restore('*raw\n-A PREROUTING\nCOMMIT\n');
    const frame = frameOf('pod2', { ...SPEC, destination: '10.244.1.3' });
    frame[14] = 0x60;
    new DataView(frame.buffer).setUint16(18, frame.length - 54);
    expect(await outcome(node, 'pod2', frame)).toEqual([]);
    expect(node.ns.ip6tables.save({ counters: true })).toContain('[0:0] -A PREROUTING');
    expect(node.ns.drops.get('IP_INHDR')).toBe(1);
  });
});

describe('REJECT', () => {
  const rejecting = (chain: string, how = ''): string => `*filter\n-A ${chain} -j REJECT${how}\nCOMMIT\n`;

  it('answers what has no payload, whatever its protocol', async () => {
    const node = await world(rejecting('FORWARD'));
    const empty = changed(frameOf('pod2', SPEC).slice(0, 34), (view) => {
      view.setUint16(16, 20);
      view.setUint8(23, 89);
    });
    expect(await outcome(node, 'pod2', empty)).toEqual(['pod2 icmp 3/3 0 tos 192']);
  });

  it('says nothing about what ICMP itself is about to say', async () => {
    const node = await world(rejecting('OUTPUT'));
    const echo = changed(frameOf('pod2', { ...SPEC, destination: '10.244.1.1' }), (view) => {
      view.setUint8(23, 1);
      view.setUint16(34, 0x0800);
      view.setUint16(36, 0);
      view.setUint16(36, internetChecksum(new Uint8Array(view.buffer), 34, view.byteLength));
    });
    expect(await outcome(node, 'pod2', echo)).toEqual([]);
    expect(node.ns.iptables.save({ counters: true })).toContain('[1:68] -A OUTPUT');
  });

  it('resets nobody who is many', async () => {
    const node = await world();
    const loaded = node.ns.nftables.run(
      'table ip t { chain c { type filter hook prerouting priority 0; reject with tcp reset; }; }',
    );
    expect(loaded.stderr).toBe('');
    const send = (source: string, destination = SPEC.destination) =>
      outcome(node, 'eth0', frameOf('eth0', { ...SPEC, source, destination, protocol: 'tcp', flags: 2 }));
    expect(await send('172.18.0.3', '10.244.1.2')).toEqual(['eth0 frag 4000 len 40 tos 0']);
    expect(await send('255.255.255.255', '10.244.1.2')).toEqual([]);
    expect(await send('172.18.255.255', '10.244.1.2')).toEqual([]);
    expect(await send('239.1.1.1', '10.244.1.2')).toEqual([]);
    // Nor does an answer leave that would be from 127.0.0.0/8.
    expect(await send('172.18.0.3', '127.5.5.5')).toEqual([]);
  });
});

it('a tunnel shows the congestion marks of what it carries, and takes them over', async () => {
  const node = await world();
  const across = changed(frameOf('pod2', { ...SPEC, destination: '10.244.2.2' }), (view) =>
    view.setUint8(15, 0x03),
  );
  node.send('pod2', across);
  const [sent] = await packets(node);
  expect(sent!.frame[15]).toBe(2);
  expect(sent!.frame[50 + 15]).toBe(3);
});

it('SCTP is summed with CRC32c', () => {
  const packet = new Uint8Array(32).fill(7);
  writeSctpChecksum(packet, 4, 32);
  expect(isGoodSctp(packet, 4, 32)).toBe(true);
  packet[20]! ^= 1;
  expect(isGoodSctp(packet, 4, 32)).toBe(false);
  // RFC 3720 appendix B.4: 32 bytes of zeros have the CRC 8a9136aa; here behind a zero header of 12.
  const zeros = new Uint8Array(32);
  writeSctpChecksum(zeros, 0, 32);
  expect(Buffer.from(zeros.subarray(8, 12)).toString('hex')).toBe('aa36918a');
});
