import { describe, expect, it } from 'vitest';
import { cidr, cidr6 } from '../../../agents/netstack/cidr.ts';
import { type IpAddress, parseIp } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { ipv6 } from '../../../agents/netstack/ipv6.ts';
import type { Link } from '../../../agents/netstack/link/link.ts';
import { createVethPair } from '../../../agents/netstack/link/veth.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

const DF = 0x40;

/** A host a behind a router whose way to the host b carries no more than `mtu` bytes. */
class NarrowWay {
  readonly clock = new VirtualClock();
  readonly a: Netns;
  readonly b: Netns;
  /** The frames with IP packets that leave a. */
  readonly frames: Uint8Array[] = [];

  constructor(mtu = 1400) {
    const rng = seededRng(1);
    const [a, router, b] = ['a', 'router', 'b'].map((name) => new Netns({ name, clock: this.clock, rng }));
    this.a = a!;
    this.b = b!;
    const [a0, r0] = createVethPair({ ns: a!, name: 'eth0' }, { ns: router!, name: 'eth0' });
    const [r1, b0] = createVethPair({ ns: router!, name: 'eth1', mtu }, { ns: b!, name: 'eth0' });
    for (const [link, net, host] of [
      [a0, 0, 2],
      [r0, 0, 1],
      [r1, 1, 1],
      [b0, 1, 2],
    ] as [Link, number, number][]) {
      link.ns.lo.setUp();
      link.ns.addAddress(link, cidr(`10.0.${net}.${host}/24`));
      link.setUp();
      link.ns.addAddress(link, cidr6(`fd00:${net}::${host}/64`));
    }
    router!.sysctl.set('net.ipv4.ip_forward', 1);
    router!.sysctl.set('net.ipv6.conf.all.forwarding', 1);
    for (const [ns, net] of [
      [a!, 0],
      [b!, 1],
    ] as const) {
      ns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4(`10.0.${net}.1`) });
      ns.addRoute({ destination: cidr6('::/0'), gateway: ipv6(`fd00:${net}::1`) });
    }
    a0.addTap((frame, direction) => {
      const isIp = frame[12] === 8 ? frame[13] === 0 : frame[12] === 0x86;
      if (direction === 'out' && isIp) this.frames.push(frame.slice());
    });
  }

  async run(line: string): Promise<string> {
    const { stdout, stderr } = await runNodeCommand(line.split(' '), '', { ns: this.a });
    return stdout + stderr;
  }

  /** Sends a datagram to b; how long it arrived, if it did. */
  async datagram(to: string, length: number, dontFragment?: boolean): Promise<number | string | undefined> {
    let arrived: number | undefined;
    const server = this.b.udp.bind({ port: 53 });
    server.onMessage = (payload) => {
      arrived = payload.length;
    };
    const client = this.a.udp.bind();
    if (dontFragment !== undefined) client.dontFragment = dontFragment;
    const result = client.send(new Uint8Array(length), { address: parseIp(to) as IpAddress, port: 53 });
    await this.settle(100);
    server.close();
    client.close();
    return result === 'sent' ? arrived : result;
  }

  async settle(milliseconds: number): Promise<void> {
    await this.clock.runUntil(() => false, milliseconds);
  }
}

describe('the MTU of a path', () => {
  it.each([
    ['10.0.1.2', '10.0.1.2 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0 \n    cache expires 599sec mtu 1400 \n'],
    [
      'fd00:1::2',
      'fd00:1::2 from :: via fd00::1 dev eth0 src fd00::2 metric 1024 expires 599sec mtu 1400 pref medium\n',
    ],
  ])('to %s is remembered: the next datagrams are cut, or refused', async (to, shown) => {
    const way = new NarrowWay();
    expect(await way.datagram(to, 1450)).toBeUndefined();
    expect(await way.run(`ip route get ${to}`)).toBe(shown);
    way.frames.length = 0;
    expect(await way.datagram(to, 1450)).toBe(1450);
    expect(Math.max(...way.frames.map((frame) => frame.length - 14))).toBeLessThanOrEqual(1400);
    expect(await way.datagram(to, 1450, true)).toBe('EMSGSIZE');
    expect(await way.datagram(to, 1300, true)).toBe(1300);
    await way.settle(600_000);
    expect(await way.run(`ip route get ${to}`)).not.toContain('expires');
    expect(await way.datagram(to, 1450)).toBeUndefined();
    await way.run(`ip ${to.includes(':') ? '-6' : '-4'} route flush cache`);
    expect(await way.run(`ip route get ${to}`)).not.toContain('expires');
  });

  it.each(['10.0.1.2', 'fd00:1::2'])('to %s is where new connections begin', async (to) => {
    const way = new NarrowWay();
    const address = parseIp(to) as IpAddress;
    await way.datagram(to, 1450);
    way.b.tcp.listen({ port: 80 }, () => {});
    const client = way.a.tcp.connect({ address, port: 80 });
    expect(client.sender.mss).toBe(1400 - (to.includes(':') ? 60 : 40));
  });

  it('is learnt by a connection for all others', async () => {
    const way = new NarrowWay();
    let received = 0;
    way.b.tcp.listen({ port: 80 }, (socket) => {
      socket.onData = (chunk) => {
        received += chunk.length;
      };
    });
    const client = way.a.tcp.connect({ address: ipv4('10.0.1.2'), port: 80 });
    await way.settle(100);
    client.write(new Uint8Array(20_000));
    await way.settle(5000);
    expect([received, client.sender.mss]).toEqual([20_000, 1360]);
    expect(await way.run('ip route get 10.0.1.2')).toContain('mtu 1400');
  });

  it('a datagram that fits must not be cut on its way, unless its socket says so', async () => {
    const way = new NarrowWay();
    await way.datagram('10.0.1.2', 100);
    expect(way.frames.at(-1)![20]).toBe(DF);
    await way.datagram('10.0.1.2', 100, false);
    expect(way.frames.at(-1)![20]).toBe(0);
    expect(await way.datagram('10.0.1.2', 1450, false)).toBe(1450);
  });

  it('that seems too small to be true is taken as the least, and packets may be cut on it', async () => {
    const way = new NarrowWay(300);
    await way.datagram('10.0.1.2', 1000);
    expect(await way.run('ip route get 10.0.1.2')).toContain('mtu lock 552 ');
    expect(await way.datagram('10.0.1.2', 1000)).toBe(1000);
  });

  it('is nothing that a stranger can say: the error must quote a packet of a socket here, and only makes it smaller', () => {
    const { a } = new NarrowWay();
    const fault = { type: 3, code: 4, from: ipv4('10.0.0.1'), mtu: 1000, errno: 'EMSGSIZE' };
    const remote = { address: ipv4('10.0.1.2'), port: 53 };
    a.udp.fault({ address: ipv4('10.0.0.2'), port: 9 }, remote, fault);
    a.tcp.fault({ address: ipv4('10.0.0.2'), port: 9 }, remote, 7, fault);
    expect(a.ip.mtuTowards(remote.address, {})).toBe(1500);
    const { port } = a.udp.bind();
    a.udp.fault({ address: ipv4('10.0.0.2'), port }, remote, { ...fault, mtu: 9000 });
    expect(a.ip.mtuTowards(remote.address, {})).toBe(1500);
    a.ip6.learnMtu(ipv6('fd00:1::2'), 1000, {});
    expect(a.ip6.mtuTowards(ipv6('fd00:1::2'), {})).toBe(1500);
  });

  it('is remembered for so many destinations only, and for the route that it was learnt on', () => {
    const { a } = new NarrowWay();
    const at = (i: number) => ipv4(`9.9.${i >> 8}.${i & 255}`);
    for (let i = 0; i < 5000; i++) a.ip.learnMtu(at(i), 1000, {});
    expect(a.ip.mtuTowards(at(0), {})).toBe(1500);
    expect(a.ip.mtuTowards(at(4999), {})).toBe(1000);
    a.addRoute({ destination: cidr('9.0.0.0/8'), gateway: ipv4('10.0.0.1') });
    expect(a.ip.mtuTowards(at(4999), {})).toBe(1500);
  });

  it('may be given with a route, to packets made here and to those that pass', async () => {
    const way = new NarrowWay(1500);
    await way.run('ip route add 10.0.1.0/24 via 10.0.0.1 mtu 1000');
    expect(way.a.ip.mtuTowards(ipv4('10.0.1.2'), {})).toBe(1000);
    expect(await way.datagram('10.0.1.2', 1200)).toBe(1200);
    expect(way.frames.map((frame) => frame.length > 1014)).toEqual([false, false]);
    expect(await way.datagram('10.0.1.2', 1200, true)).toBe('EMSGSIZE');
  });
});
