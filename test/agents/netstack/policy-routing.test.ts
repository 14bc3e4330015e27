import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { receivedFlow } from '../../../agents/netstack/fib/flow-identity.ts';
import { writeIcmp } from '../../../agents/netstack/header/icmp-header.ts';
import { writeIpv4Header } from '../../../agents/netstack/header/ipv4-header.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { mac } from '../../../agents/netstack/mac.ts';
import { NetError } from '../../../agents/netstack/net-error.ts';
import { Packet } from '../../../agents/netstack/packet.ts';
import { datagram, Router } from './router.ts';

const payload = new Uint8Array(4);

describe('rules', () => {
  it('lead forwarded packets by source, destination, device and mark', async () => {
    const router = new Router();
    await router.say(
      'ip route add default via 10.0.1.2',
      'ip route add default via 10.0.2.2 table 2',
      'ip route add default via 10.0.3.2 table 3',
    );
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d1');
    await router.say('ip rule add from 10.0.0.0/25 table 2');
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d2');
    expect(router.forward(0, '10.0.0.200', '8.8.8.8')).toBe('d1');
    await router.say('ip rule add to 9.0.0.0/8 iif d0 table 3');
    expect(router.forward(0, '10.0.0.2', '9.9.9.9')).toBe('d3');
    await router.say(
      'ip rule add fwmark 0x10/0xf0 table 3',
      'iptables -t mangle -A PREROUTING -p udp --dport 53 -j MARK --set-mark 0x1f',
    );
    expect(router.forward(0, '10.0.0.2', '8.8.8.8', [1000, 53])).toBe('d3');
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d2');
  });

  it('count for a flow on the fast path at once, and no longer when they go', async () => {
    const router = new Router();
    await router.say('ip route add default via 10.0.1.2', 'ip route add default via 10.0.2.2 table 2');
    for (let i = 0; i < 3; i++) expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d1');
    expect(router.ns.flows.hits).toBeGreaterThan(0);
    await router.say('ip rule add from 10.0.0.2 table 2');
    for (let i = 0; i < 3; i++) expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d2');
    await router.say('ip rule del from 10.0.0.2');
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d1');
  });

  it('end packets, and a throw route goes on with the next rule', async () => {
    const router = new Router();
    await router.say(
      'ip route add default via 10.0.1.2',
      'ip route add default via 10.0.2.2 table 2',
      'ip route add throw 8.0.0.0/8 table 2',
      'ip rule add from 10.0.0.2 table 2',
      'ip rule add to 5.0.0.0/8 prohibit',
      'ip rule add to 6.0.0.0/8 unreachable',
      'ip rule add to 7.0.0.0/8 blackhole',
    );
    expect(router.forward(0, '10.0.0.2', '9.9.9.9')).toBe('d2');
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d1');
    expect(router.forward(0, '10.0.0.2', '5.5.5.5')).toBe('d0');
    expect([...router.frames.at(-1)!.subarray(34, 36)]).toEqual([3, 13]);
    expect(router.forward(0, '10.0.0.2', '6.6.6.6')).toBe('d0');
    expect([...router.frames.at(-1)!.subarray(34, 36)]).toEqual([3, 0]);
    expect(router.forward(0, '10.0.0.2', '7.7.7.7')).toBe('');
  });

  it('of IPv6', async () => {
    const router = new Router();
    await router.say(
      'ip -6 route add default via fd00:1::2',
      'ip -6 route add default via fd00:2::2 table 2',
      'ip -6 rule add from fd00:0::/64 table 2',
    );
    expect(router.forward(0, 'fd00::2', '2001:db8::1')).toBe('d2');
    expect(router.forward(3, 'fd00:3::2', '2001:db8::1')).toBe('d1');
    await router.say('ip -6 rule add from fd00:3::/64 to 2001:db8::/32 prohibit');
    expect(router.forward(3, 'fd00:3::2', '2001:db8::1')).toBe('d3');
    expect([...router.frames.at(-1)!.subarray(54, 56)]).toEqual([1, 1]);
  });

  it('see packets made here as coming in by lo', async () => {
    const router = new Router();
    await router.say(
      'ip route add default via 10.0.1.2',
      'ip route add default via 10.0.2.2 table 2',
      'ip rule add iif lo table 2',
    );
    expect(router.forward(0, '10.0.0.2', '8.8.8.8')).toBe('d1');
    router.ns.udp.bind().send(payload, { address: ipv4('8.8.8.8'), port: 53 });
    expect(router.left.at(-1)).toBe('d2 10.0.2.1 8.8.8.8');
  });

  it('are bounded', () => {
    const { rules } = new Router(1).ns.fib;
    const fill = () => {
      for (let i = 0; i < 5000; i++) {
        rules.add({ ...rules.list()[0]!, priority: 100, mark: i, markMask: 0xffff });
      }
    };
    expect(fill).toThrow(NetError);
    expect(rules.list().length).toBe(4096);
  });
});

it('words of ip rule and ip route in any order are a result or an error', async () => {
  const words =
    'add del show flush get from to not table lookup main 100 0 -1 10.0.0.0/8 10.0.0.1 fd00::1 default all iif oif dev d0 nodev fwmark 0x1/0x1 9/ pref 5 prohibit throw unreachable via 10.0.1.2 nexthop weight 256 mtu lock 68 metric mark cache src onlink'.split(
      ' ',
    );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('rule', 'route'),
      fc.constantFrom('-4', '-6', '-j'),
      fc.array(fc.constantFrom(...words), { maxLength: 12 }),
      async (object, flag, rest) => {
        const router = new Router(2);
        await router.run(['ip', flag, object, 'add', ...rest].join(' '));
        await router.run(['ip', flag, object, ...rest].join(' '));
        router.forward(0, '10.0.0.2', '10.0.1.2');
        router.forward(0, 'fd00::2', 'fd00:1::2');
        expect(typeof (await router.run(`ip ${flag} ${object} show`))).toBe('string');
      },
    ),
    { numRuns: 300, seed: 3 },
  );
});

describe('a packet that OUTPUT changes', () => {
  const build = async () => {
    const router = new Router();
    await router.say(
      'ip route add default via 10.0.1.2',
      'ip route add default via 10.0.2.2 table 2',
      'ip rule add fwmark 7 table 2',
    );
    return router;
  };
  const send = (router: Router) => {
    router.ns.udp.bind().send(payload, { address: ipv4('8.8.8.8'), port: 53 });
    return router.left.at(-1);
  };

  it('is routed anew by the mark that mangle sets; its source stays', async () => {
    const router = await build();
    await router.say('iptables -t mangle -A OUTPUT -p udp -j MARK --set-mark 7');
    expect(send(router)).toBe('d2 10.0.1.1 8.8.8.8');
    await router.say('iptables -t nat -A POSTROUTING -j MASQUERADE');
    expect(send(router)).toBe('d2 10.0.2.1 8.8.8.8');
  });

  it('of nftables only by a chain of type route', async () => {
    const router = await build();
    const chain = (type: string) =>
      `add table ip t; add chain ip t ${type} { type ${type} hook output priority -150; }; add rule ip t ${type} meta mark set 7`;
    expect(router.ns.nftables.run(chain('filter')).stderr).toBe('');
    expect(send(router)).toBe('d1 10.0.1.1 8.8.8.8');
    expect(router.ns.nftables.run('delete table ip t').stderr).toBe('');
    expect(router.ns.nftables.run(chain('route')).stderr).toBe('');
    expect(send(router)).toBe('d2 10.0.1.1 8.8.8.8');
  });

  it('is routed anew by the destination that DNAT gives it', async () => {
    const router = await build();
    await router.say('iptables -t nat -A OUTPUT -d 8.8.8.8 -j DNAT --to-destination 10.0.3.2');
    expect(send(router)).toBe('d3 10.0.1.1 10.0.3.2');
  });
});

describe('rp_filter', () => {
  it('looks up the way back with the rules, and the mark if it may', async () => {
    const router = new Router();
    await router.say(
      'ip route add 8.0.0.0/8 via 10.0.1.2',
      'ip route add 8.0.0.0/8 via 10.0.0.2 table 2',
      'sysctl -w net.ipv4.conf.d0.rp_filter=1',
    );
    expect(router.forward(0, '8.8.8.8', '10.0.2.2')).toBe('');
    await router.say(
      'ip rule add to 8.0.0.0/8 fwmark 3 table 2',
      'iptables -t mangle -A PREROUTING -j MARK --set-mark 3',
    );
    expect(router.forward(0, '8.8.8.8', '10.0.2.2')).toBe('');
    await router.say('sysctl -w net.ipv4.conf.d0.src_valid_mark=1');
    expect(router.forward(0, '8.8.8.8', '10.0.2.2')).toBe('d2');
  });
});

describe('several next hops', () => {
  const counts = (ways: readonly string[]) => {
    const by: Record<string, number> = {};
    for (const way of ways) by[way] = (by[way] ?? 0) + 1;
    return by;
  };
  const ROUTE = 'nexthop via 10.0.1.2 dev d1 weight 1 nexthop via 10.0.2.2 dev d2 weight 3';

  it('share flows by weight, and a flow stays', async () => {
    const router = new Router();
    await router.say(`ip route add default ${ROUTE}`);
    const from = (i: number) => `10.0.0.${2 + (i % 250)}`;
    const to = (i: number) => `9.${i >> 8}.${i & 255}.1`;
    const ways = Array.from({ length: 2000 }, (_, i) => router.forward(0, from(i), to(i)));
    const { d1, d2 } = counts(ways);
    expect(d1! + d2!).toBe(2000);
    expect(d2! / d1!).toBeGreaterThan(2.4);
    expect(d2! / d1!).toBeLessThan(3.6);
    for (let i = 0; i < 2000; i += 7) expect(router.forward(0, from(i), to(i), [i, 1])).toBe(ways[i]);
  });

  it('by ports too, if the policy says so', async () => {
    const router = new Router();
    await router.say(`ip route add default ${ROUTE}`);
    const ways = () =>
      Array.from({ length: 500 }, (_, i) => router.forward(0, '10.0.0.2', '9.9.9.9', [i, 53]));
    expect(Object.keys(counts(ways()))).toHaveLength(1);
    router.ns.sysctl.set('net.ipv4.fib_multipath_hash_policy', 1);
    const first = ways();
    expect(Object.keys(counts(first))).toHaveLength(2);
    expect(ways()).toEqual(first);
  });

  it('leave a dead one out, and take it back', async () => {
    const router = new Router();
    await router.say(`ip route add default ${ROUTE}`);
    const ways = () =>
      Array.from({ length: 300 }, (_, i) => router.forward(0, '10.0.0.2', `9.9.${i % 256}.${i >> 8}`));
    const first = ways();
    router.devices[2]!.setDown();
    expect(counts(ways())).toEqual({ d1: 300 });
    router.devices[2]!.setUp();
    router.ns.addNeighbour(router.devices[2]!, ipv4('10.0.2.2'), router.devices[0]!.mac);
    expect(ways()).toEqual(first);
    router.devices[2]!.setDown();
    router.devices[1]!.setDown();
    expect(await router.run('ip route show default')).toBe('');
  });

  it('go with a device that is deleted', async () => {
    const router = new Router();
    await router.say(`ip route add default ${ROUTE}`);
    router.devices[1]!.delete();
    expect(await router.run('ip route show default')).toBe('');
  });

  it('of IPv6, and of packets made here', async () => {
    const router = new Router();
    await router.say(
      'ip -6 route add default nexthop via fd00:1::2 dev d1 nexthop via fd00:2::2 dev d2',
      `ip route add default ${ROUTE}`,
    );
    const ways = Array.from({ length: 200 }, (_, i) => router.forward(0, 'fd00::2', `2001:db8::${i}`));
    expect(counts(ways).d1).toBeGreaterThan(60);
    expect(counts(ways).d2).toBeGreaterThan(60);
    const socket = router.ns.udp.bind();
    const sent = Array.from({ length: 100 }, (_, i) => {
      socket.send(payload, { address: ipv4(`9.9.9.${i}`), port: 1 });
      return router.left.at(-1)!.split(' ').slice(0, 2).join(' ');
    });
    expect(Object.keys(counts(sent)).sort()).toEqual(['d1 10.0.1.1', 'd2 10.0.2.1']);
  });

  it('an error goes the way of the packets that it quotes', () => {
    const quoted = datagram(mac('02:00:00:00:00:01'), '9.9.9.9', '10.0.0.2', [7, 8]);
    const error = Packet.allocate(20 + 8 + 28);
    error.l3 = error.start;
    error.l4 = error.start + 20;
    const header = { protocol: 1, totalLength: 56, tos: 0, ttl: 64, id: 1, fragment: 0 };
    const [source, destination] = [ipv4('9.0.0.1'), ipv4('9.9.9.9')];
    writeIpv4Header(error.bytes, error.l3, { source, destination, ...header });
    error.bytes.set(quoted.subarray(14, 42), error.l4 + 8);
    writeIcmp(error.bytes, error.l4, error.end, { type: 3, code: 1, rest: 0 });
    expect(receivedFlow(error)).toMatchObject({ source: ipv4('9.9.9.9'), destination: ipv4('10.0.0.2') });
  });
});
