import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { differenceOf, expectSameRules, savedRules } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { drawOddFrames } from './odd-frames.ts';
import { drawOddFrames6 } from './odd-frames6.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

/** They do nothing but count, so that each sees every packet. */
const EARLY = [
  '-m rpfilter',
  '-m rpfilter --invert',
  '-m rpfilter --loose',
  '-m rpfilter --accept-local',
  '-m rpfilter --loose --accept-local',
  '-i cni0 -m rpfilter --validmark --invert',
  '-m addrtype --src-type LOCAL',
  '-m addrtype --dst-type LOCAL',
  '-m addrtype --dst-type MULTICAST',
  '-m addrtype ! --src-type UNICAST',
  '-m addrtype --dst-type LOCAL --limit-iface-in',
  '-p tcp',
  '-p tcp --syn',
  '-p tcp --tcp-flags FIN,SYN,RST,ACK SYN,ACK',
  '-p tcp --dport 80:8080',
  '-p tcp ! --sport 1024:65535',
  '-p udp --dport 53',
  '-p udp -m multiport --dports 53,80,8000:9000',
  '-p tcp -m multiport ! --ports 80,1234',
  '-m mac --mac-source 02:00:00:00:01:02',
  '-m mark --mark 0x0/0xffff',
];
const LATE = [
  '-m conntrack --ctstate NEW',
  '-m conntrack --ctstate INVALID',
  '-m conntrack ! --ctstate NEW,ESTABLISHED',
  '-m conntrack --ctstate UNTRACKED',
  '-m conntrack --ctstatus NONE',
  '-m conntrack --ctproto udp',
  '-m conntrack --ctorigdstport 80',
  '-m conntrack --ctdir REPLY',
  '-m physdev --physdev-in pod2',
  '-m physdev --physdev-is-bridged',
  '-m connmark --mark 0x0',
];
const VERSIONS = {
  IPv4: {
    program: 'iptables',
    draw: drawOddFrames,
    early: [
      '-f',
      '-p icmp --icmp-type echo-request',
      '-p icmp --icmp-type any',
      '-s 10.244.0.0/16',
      '-m addrtype --src-type UNSPEC',
    ],
    late: ['-m conntrack --ctorigsrc 10.244.1.0/24', '-p icmp --icmp-type 3/4'],
  },
  IPv6: {
    program: 'ip6tables',
    draw: drawOddFrames6,
    early: ['-p ipv6-icmp -m icmp6 --icmpv6-type echo-request', '-s fd00:10:244::/56', '-d fe80::/10'],
    late: [
      '-m conntrack --ctorigsrc fd00:10:244:1::/64',
      '-p ipv6-icmp -m icmp6 --icmpv6-type packet-too-big',
    ],
  },
} as const;

function counting(chain: string, rules: readonly string[]): string {
  return rules.map((rule) => `-A ${chain} ${rule}\n`).join('');
}

it.each(['IPv4', 'IPv6'] as const)(
  'counts what Linux counts of odd frames of %s, match by match',
  async (version) => {
    const { program, draw, early, late } = VERSIONS[version];
    const sim = await SimNode.bare();
    try {
      await kernel.reset();
      const text = `*raw\n${counting('PREROUTING', [...EARLY, ...early])}COMMIT
*mangle
${counting('INPUT', [...LATE, ...late])}${counting('FORWARD', [...LATE, ...late])}COMMIT
`;
      expect(await sim.exec([`${program}-restore`], text)).toBe('');
      kernel.exec([`${program}-restore`], text);
      const save = [`${program}-save`];
      expect(savedRules(kernel.exec(save))).toEqual(savedRules(await sim.exec(save)));
      const rng = seededRng(SEED);
      const differences: string[] = [];
      for (let i = 0; i < 10 * CASES; i++) {
        const { what, port, frames } = draw(rng, i);
        const difference = await differenceOf(kernel, sim, port, frames);
        if (difference) differences.push(`${i} ${what}\n${difference}`);
      }
      expect(differences).toEqual([]);
      await expectSameRules(kernel, sim);
    } finally {
      sim.close();
    }
  },
);
