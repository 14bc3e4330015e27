import { describe, expect, it } from 'vitest';
import { cidr } from '../../../agents/netstack/cidr.ts';
import type { EchoReply } from '../../../agents/netstack/ip/echo-sockets.ts';
import type { IcmpFault } from '../../../agents/netstack/ip/icmp-fault.ts';
import type { IpAddress } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { setMaster } from '../../../agents/netstack/link/bridge.ts';
import { createVethPair } from '../../../agents/netstack/link/veth.ts';
import { announce } from '../../../agents/netstack/neigh/arp.ts';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { get, serve } from './get.ts';
import { kubeRules } from './kube-rules.ts';
import { TwoNodes } from './two-nodes.ts';

/** One echo request: what came back within `milliseconds`. */
async function echo(
  lab: TwoNodes,
  from: Netns,
  to: string,
  options: { ttl?: number; size?: number; wait?: number } = {},
) {
  const socket = from.echo.open();
  let outcome: EchoReply | IcmpFault | undefined;
  socket.onReply = (reply) => {
    outcome = reply;
  };
  socket.onFault = (fault) => {
    outcome = fault;
  };
  const sent = socket.send(
    ipv4(to),
    1,
    new Uint8Array(options.size ?? 56),
    options.ttl ? { ttl: options.ttl } : {},
  );
  await lab.settle(options.wait ?? 5000);
  socket.close();
  return sent === 'sent' ? outcome : sent;
}

describe('a bridge', () => {
  it('learns where an address is, relearns when it moves, and forgets after 300 s', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(1, 3)];
    const { cni0, ns } = lab.node(1);
    const macOf = (pod: Netns) => pod.link('eth0')!.mac;
    await echo(lab, a.ns, '10.244.1.3', { wait: 10 });
    expect(cni0.fdb.lookup(macOf(a.ns), lab.clock.now())?.port?.link.name).toBe('veth2');
    b.ns.link('eth0')!.mac = macOf(a.ns);
    announce(b.ns.link('eth0')!, b.address);
    await lab.settle(1);
    expect(cni0.fdb.lookup(macOf(a.ns), lab.clock.now())?.port?.link.name).toBe('veth3');
    await lab.settle(320_000);
    expect(cni0.fdb.lookup(macOf(a.ns), ns.clock.now())).toBeUndefined();
  });

  it('with its ports looped to each other does not hold the process', async () => {
    const lab = new TwoNodes();
    const { ns, cni0 } = lab.node(1);
    for (const end of createVethPair({ ns, name: 'loop-a' }, { ns, name: 'loop-b' })) {
      setMaster(end, cni0);
      end.setUp();
    }
    announce(cni0, ipv4('10.244.1.1'));
    await Promise.resolve();
    ns.link('loop-a')!.delete();
    await lab.settle(1000);
    expect(ns.link('loop-a')).toBeUndefined();
  });
});

describe('neighbours', () => {
  it('become STALE by a request, REACHABLE by a reply', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(1, 3)];
    await echo(lab, a.ns, '10.244.1.3', { wait: 10 });
    const state = (ns: Netns, address: string) =>
      ns.neighbours.lookup(ns.link('eth0')!, ipv4(address))?.state;
    expect(state(a.ns, '10.244.1.3')).toBe('REACHABLE');
    expect(['STALE', 'DELAY']).toContain(state(b.ns, '10.244.1.2'));
  });

  it('that move are found again by their gratuitous ARP', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(1, 3)];
    await echo(lab, a.ns, '10.244.1.3', { wait: 10 });
    const eth0 = b.ns.link('eth0')!;
    eth0.mac = 0x020000000099 as never;
    announce(eth0, b.address);
    await lab.settle(1);
    expect(await echo(lab, a.ns, '10.244.1.3', { wait: 10 })).toMatchObject({ from: b.address });
  });

  it('that do not answer are asked three times, and the waiting packets refused', async () => {
    const lab = new TwoNodes();
    const a = lab.pod(1, 2);
    let requests = 0;
    a.ns.link('eth0')!.addTap((frame, direction) => {
      if (direction === 'out' && frame[12] === 8 && frame[13] === 6) requests++;
    });
    expect(await echo(lab, a.ns, '10.244.1.9')).toMatchObject({ type: 3, code: 1, from: a.address });
    expect(requests).toBe(3);
    expect(a.ns.neighbours.lookup(a.ns.link('eth0')!, ipv4('10.244.1.9'))?.state).toBe('FAILED');
  });
});

describe('routes', () => {
  it('the longest prefix wins, then the smaller metric', () => {
    const { ns, eth0 } = new TwoNodes().node(1);
    const add = (prefix: string, via: string, metric = 0) =>
      ns.addRoute({ destination: cidr(prefix), gateway: ipv4(via), link: eth0, metric });
    const wide = add('10.9.0.0/16', '172.18.0.9');
    const narrow = add('10.9.1.0/24', '172.18.0.9', 200);
    const better = add('10.9.1.0/24', '172.18.0.8', 100);
    expect(ns.fib.lookup(ipv4('10.9.2.1'))).toBe(wide);
    expect(ns.fib.lookup(ipv4('10.9.1.1'))).toBe(better);
    ns.removeRoute(better);
    expect(ns.fib.lookup(ipv4('10.9.1.1'))).toBe(narrow);
  });

  it('a gateway must be on a link, unless onlink says so', () => {
    const { ns, eth0 } = new TwoNodes().node(1);
    const spec = { destination: cidr('10.9.0.0/16'), gateway: ipv4('192.0.2.1') };
    expect(() => ns.addRoute({ ...spec, link: eth0 })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
    expect(ns.addRoute({ ...spec, link: eth0, onlink: true }).link).toBe(eth0);
  });

  it('leave with their link, and so do addresses and neighbours', async () => {
    const lab = new TwoNodes();
    const { ns, flannel } = lab.node(1);
    expect(ns.fib.list().some((route) => route.link === flannel)).toBe(true);
    flannel.delete();
    expect(ns.fib.list().some((route) => route.link === flannel)).toBe(false);
    expect(ns.isLocalAddress(ipv4('10.244.1.0'))).toBe(false);
    expect(ns.neighbours.list()).toEqual([]);
  });

  it.each([
    ['blackhole', undefined],
    ['unreachable', { type: 3, code: 1 }],
    ['prohibit', { type: 3, code: 13 }],
  ] as const)('of type %s', async (type, expected) => {
    const lab = new TwoNodes();
    const a = lab.pod(1, 2);
    lab.node(1).ns.addRoute({ destination: cidr('192.0.2.0/24'), type });
    const outcome = await echo(lab, a.ns, '192.0.2.1');
    if (expected) expect(outcome).toMatchObject(expected);
    else expect(outcome).toBeUndefined();
  });
});

describe('ICMP', () => {
  it('tells where a TTL ended', async () => {
    const lab = new TwoNodes();
    const a = lab.pod(1, 2);
    lab.pod(2, 2);
    expect(await echo(lab, a.ns, '10.244.2.2', { ttl: 1 })).toMatchObject({
      type: 11,
      from: ipv4('10.244.1.1'),
    });
    expect(await echo(lab, a.ns, '10.244.2.2', { ttl: 2 })).toMatchObject({
      type: 11,
      from: ipv4('10.244.2.0'),
    });
    expect(await echo(lab, a.ns, '10.244.2.2', { ttl: 3 })).toMatchObject({ ttl: 62 });
  });

  it('a datagram to a port without a socket comes back as port unreachable', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(2, 2)];
    const socket = a.ns.udp.bind();
    let fault: IcmpFault | undefined;
    socket.onFault = (each) => {
      fault = each;
    };
    socket.send(new Uint8Array(5), { address: b.address, port: 9 });
    await lab.settle(100);
    expect(fault).toMatchObject({ type: 3, code: 3, from: b.address });
  });
});

describe('fragments', () => {
  it('of a datagram larger than every MTU on the way are put together', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(2, 2)];
    expect(await echo(lab, a.ns, '10.244.2.2', { size: 4000 })).toMatchObject({ from: b.address });
    const server = b.ns.udp.bind({ port: 53 });
    let length = 0;
    server.onMessage = (payload) => {
      length = payload.length;
    };
    a.ns.udp.bind().send(new Uint8Array(9000), { address: b.address, port: 53 });
    await lab.settle(100);
    expect(length).toBe(9000);
  });
});

describe('fragments under connection tracking', () => {
  it.each(['10.244.1.3', '10.244.2.2'])('pass to %s', async (to) => {
    const lab = new TwoNodes();
    const a = lab.pod(1, 2);
    lab.pod(1, 3);
    lab.pod(2, 2);
    for (const node of lab.nodes) {
      node.ns.iptables.restore(kubeRules({ endpoints: ['10.244.2.2:8080'], nodeIndex: node.index }), {
        noflush: true,
      });
    }
    expect(await echo(lab, a.ns, to, { size: 4000 })).toMatchObject({ from: ipv4(to) });
  });
});

describe('UDP', () => {
  it('answers from the address that was asked', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(2, 2)];
    b.ns.addAddress(b.ns.link('eth0')!, cidr('10.244.2.200/32'));
    const server = b.ns.udp.bind({ port: 53 });
    server.onMessage = (payload, from, to) => server.send(payload, from, to);
    const client = a.ns.udp.bind();
    let from: IpAddress | undefined;
    client.onMessage = (_payload, remote) => {
      from = remote.address;
    };
    client.send(new Uint8Array(3), { address: ipv4('10.244.2.200'), port: 53 });
    await lab.settle(100);
    expect(from).toBe(ipv4('10.244.2.200'));
  });

  it('a forwarder answers for any address', async () => {
    const lab = new TwoNodes();
    const a = lab.pod(1, 2);
    lab.outside.addRoute({
      destination: cidr('0.0.0.0/0'),
      type: 'local',
      table: 'main',
      link: lab.outside.lo,
    });
    lab.outside.addRoute({ destination: cidr('10.244.1.0/24'), gateway: ipv4('172.18.0.2') });
    lab.outside.udp.setForwarder(({ payload, reply }) => reply(payload));
    const client = a.ns.udp.bind();
    let from: IpAddress | undefined;
    client.onMessage = (_payload, remote) => {
      from = remote.address;
    };
    client.send(new Uint8Array(3), { address: ipv4('8.8.8.8'), port: 53 });
    await lab.settle(100);
    expect(from).toBe(ipv4('8.8.8.8'));
  });
});

describe('deleting a pod', () => {
  it('takes its veth off the node and frees the name', async () => {
    const lab = new TwoNodes();
    const [a, b] = [lab.pod(1, 2), lab.pod(1, 3)];
    serve(b.ns, 8080, 'p12');
    expect(await get(lab, a.ns, '10.244.1.3', 8080)).toBe('p12 saw 10.244.1.2');
    b.ns.delete();
    expect(lab.node(1).ns.link('veth3')).toBeUndefined();
    expect(lab.node(1).cni0.ports().length).toBe(1);
    const again = lab.pod(1, 3);
    serve(again.ns, 8080, 'new');
    expect(await get(lab, a.ns, '10.244.1.3', 8080)).not.toBe('p12 saw 10.244.1.2');
  });
});
