import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVethPair } from '../../agents/netstack/link/veth.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { seededRng } from '../../platform/rng.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';
import { type Answer, Namespace } from './namespace.ts';

/** Two devices with a network each, whose far ends e0 and e1 are in the same namespace. */
const SETUP = [
  'ip addr add 10.0.0.1/24 dev d0',
  'ip addr add 10.0.1.1/24 dev d1',
  'ip -6 addr add fd00::1/64 dev d0',
  'ip -6 addr add fd01::1/64 dev d1',
  'sysctl -w net.ipv4.ip_forward=1',
  ...['lo', 'e0', 'e1', 'd0', 'd1'].map((name) => `ip link set ${name} up`),
];

const SPEECHES: Readonly<Record<string, readonly string[]>> = {
  'rules come in order, are found again and go': [
    'ip rule',
    'ip -6 rule show',
    'ip rule add from 10.9.0.0/16 to 10.8.0.1 iif d0 oif nodev fwmark 0x10/0xff pref 100 table 100',
    'ip rule add from 10.9.0.0/16 to 10.8.0.1 iif d0 oif nodev fwmark 0x10/0xff pref 100 table 100',
    'ip rule add not from 10.9.0.1 lookup main',
    'ip rule add fwmark 5 table 7',
    'ip rule add from all prohibit priority 200',
    'ip rule add from 1.2.3.4 blackhole',
    'ip rule add to 1.2.3.4/24 unreachable',
    'ip rule add iif nodev table 9',
    'ip rule add table 4000000000',
    'ip rule add fwmark 0x10/0x10 prohibit',
    'ip rule add from 1.1.1.1',
    'ip rule add priority 32000',
    'ip rule show',
    'ip -j rule show',
    'ip rule show table 7',
    'ip rule show pref 100',
    'ip rule del pref 200',
    'ip rule del from 1.2.3.4',
    'ip rule del from 99.2.3.4',
    'ip rule del pref 77',
    'ip rule del not from 10.9.0.1',
    'ip rule',
    'ip rule flush',
    'ip rule',
    'ip rule add pref 32766 table main',
    'ip rule add pref 32767 table default',
    'ip -6 rule add from fd00::/64 fwmark 1 table 100',
    'ip -6 rule add not to fd05::/64 prohibit',
    'ip -6 rule',
    'ip -6 rule del fwmark 1 table 100',
    'ip -6 rule del not to fd05::/64 prohibit',
    'ip -6 rule',
  ],
  'words that make no rule': [
    'ip rule add from banana table 5',
    'ip rule add table banana',
    'ip rule add pref x',
    'ip rule add fwmark x',
    'ip rule del',
    'ip rule bogus',
    'ip rule add frob',
    'ip rule add from fd00::/64 table 100',
    'ip rule add table',
    'ip rule',
  ],
  'tables hold routes of their own, and rules lead to them': [
    'ip route add 7.0.0.0/8 via 10.0.0.2 table 100',
    'ip route add throw 7.1.0.0/16 table 100',
    'ip route add default via 10.0.1.2 table default',
    'ip route show table 100',
    'ip route show table default',
    'ip -j route show table 100',
    'ip -4 route show table all',
    'ip rule add from 10.0.0.1 table 100',
    'ip rule add fwmark 3 table 100',
    'ip rule add pref 5 to 55.0.0.0/8 prohibit',
    'ip rule add pref 6 to 56.0.0.0/8 unreachable',
    'ip rule add pref 7 to 57.0.0.0/8 blackhole',
    'ip route get 10.0.0.1',
    'ip route get 127.0.0.1',
    'ip route get 10.0.0.9',
    'ip route get 7.5.0.1',
    'ip route get 7.5.0.1 from 10.0.0.1',
    'ip route get 7.5.0.1 mark 3',
    'ip route get 7.5.0.1 mark 19',
    'ip route get 7.1.0.1 from 10.0.0.1',
    'ip route get 7.5.0.1 from 10.0.0.77',
    'ip route get 7.5.0.1 from 10.0.0.77 iif d0',
    'ip route get 10.0.0.1 from 10.0.0.77 iif d0',
    'ip route get 7.5.0.1 from 10.0.0.1 iif d0',
    'ip route get 55.0.0.1',
    'ip route get 56.0.0.1',
    'ip route get 57.0.0.1',
    'ip route get 55.0.0.1 from 10.0.0.77 iif d0',
    'ip route del throw 7.1.0.0/16 table 100',
    'ip route get 7.1.0.1 from 10.0.0.1',
    'ip route flush table 100',
    'ip route show table 100',
    'ip route get 7.5.0.1 mark 3',
    'ip route get',
    'ip route flush',
    'ip route show table banana',
    'ip route del 1.2.3.0/24 table 100',
    ...['from 10.0.0.1', 'fwmark 3', 'pref 5', 'pref 6', 'pref 7'].map((rule) => `ip rule del ${rule}`),
    'ip route del default table default',
  ],
  'rules and tables of IPv6': [
    'ip -6 route add fd77::/64 via fd01::2 table 100',
    'ip -6 rule add from fd00::1 table 100',
    'ip -6 rule add fwmark 3 table 100',
    'ip -6 route show table 100',
    'ip -6 route get fd77::1',
    'ip -6 route get fd77::1 from fd00::1',
    'ip -6 route get fd77::1 mark 3',
    'ip -6 rule add pref 5 to fd55::/64 prohibit',
    'ip -6 route get fd55::1',
    'ip -6 rule del pref 5',
    'ip -6 rule del from fd00::1',
    'ip -6 rule del fwmark 3',
    'ip -6 route flush table 100',
  ],
  'the way back is looked up with the rules': [
    'sysctl -w net.ipv4.conf.d0.rp_filter=1',
    'ip route add 7.0.0.0/8 via 10.0.1.2',
    'ip route add 7.0.0.0/8 via 10.0.0.2 table 100',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0',
    'ip rule add to 7.0.0.0/8 fwmark 3 table 100',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0 mark 3',
    'sysctl -w net.ipv4.conf.d0.src_valid_mark=1',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0 mark 3',
    'ip rule del fwmark 3',
    'ip rule add from 10.0.1.9 table 100',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0',
    'ip rule del from 10.0.1.9',
    'sysctl -w net.ipv4.conf.d0.rp_filter=2',
    'ip route get 10.0.1.9 from 7.0.0.1 iif d0',
    'ip route get 10.0.1.9 from 99.0.0.1 iif d0',
    'sysctl -w net.ipv4.conf.d0.rp_filter=0',
    'ip rule add pref 9 to 44.0.0.0/8 prohibit',
    'ip route get 10.0.1.9 from 99.0.0.1 iif d0',
    'ip route get 10.0.1.9 from 44.0.0.1 iif d0',
    'ip rule del pref 9',
    'ip route flush table 100',
    'ip route del 7.0.0.0/8',
  ],
  'several next hops': [
    'ip route add 192.168.0.0/24 nexthop via 10.0.0.2 dev d0 weight 2 nexthop via 10.0.1.2 weight 3',
    'ip route add 192.168.1.0/24 proto static metric 5 nexthop dev d0 nexthop via 10.0.1.2 dev d1 onlink',
    'ip -6 route add fd09::/64 nexthop via fd00::2 dev d0 weight 2 nexthop via fd01::2 dev d1',
    'ip route show',
    'ip -6 route show fd09::/64',
    'ip -j route show 192.168.0.0/24',
    'ip -j -6 route show fd09::/64',
    'ip link set e0 down',
    'ip route show',
    'ip -6 route show fd09::/64',
    'ip link set d0 down',
    'ip route show',
    'ip route get 192.168.0.7',
    'ip route get 192.168.1.7',
    'ip -6 route show fd09::/64',
    'ip -6 route get fd09::7',
    'ip link set e0 up',
    'ip link set d0 up',
    'ip route show',
    'ip route add 192.168.3.0/24 nexthop via 10.0.0.2 weight 300',
    'ip route add 192.168.3.0/24 nexthop via 10.0.0.2 weight 0',
    'ip route add 192.168.3.0/24 nexthop via 99.0.0.2',
    'ip route add 192.168.3.0/24 nexthop',
    'ip route add 192.168.3.0/24 nexthop via 10.0.0.2 weight 256',
    'ip route show 192.168.3.0/24',
    'ip route add 192.168.3.0/24 nexthop via 10.0.0.2',
    'ip route del 192.168.3.0/24 nexthop via 10.0.0.3',
    'ip route del 192.168.3.0/24 nexthop via 10.0.0.2',
    'ip route del 192.168.0.0/24',
    'ip route del 192.168.1.0/24',
    'ip route show',
  ],
  'routes with an MTU': [
    'ip route add 7.2.0.0/16 via 10.0.1.2 mtu 1400',
    'ip route add 7.3.0.0/16 via 10.0.1.2 mtu lock 1300',
    'ip -6 route add fd77::/64 via fd01::2 mtu 1400',
    'ip route show',
    'ip -j route show 7.2.0.0/16',
    'ip -6 route show fd77::/64',
    'ip route get 7.2.0.1',
    'ip route get 7.3.0.1',
    'ip -6 route get fd77::1',
    'ip route get 7.2.0.1 from 10.0.0.77 iif d0',
    'ip route add 7.4.0.0/16 via 10.0.1.2 mtu',
    'ip route add 7.4.0.0/16 via 10.0.1.2 mtu x',
    'ip route del 7.2.0.0/16',
    'ip route del 7.3.0.0/16',
    'ip -6 route del fd77::/64',
  ],
};

let real: Namespace;
let simulated: Netns;

beforeAll(async () => {
  real = await Namespace.create();
  real.run(['sysctl', '-w', 'net.ipv6.conf.default.accept_dad=0']);
  for (const i of [0, 1]) real.run(['ip', 'link', 'add', `d${i}`, 'type', 'veth', 'peer', 'name', `e${i}`]);
  simulated = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
  for (const i of [0, 1]) createVethPair({ ns: simulated, name: `d${i}` }, { ns: simulated, name: `e${i}` });
  for (const line of SETUP) {
    expect([line, ask(line).stderr]).toEqual([line, '']);
    expect([line, (await askSimulated(line)).stderr]).toEqual([line, '']);
  }
}, 60_000);

afterAll(() => real?.close());

const ask = (line: string): Answer => real.ask(line.split(' '));

function askSimulated(line: string): Promise<Answer> {
  return runNodeCommand(line.split(' '), '', { ns: simulated });
}

/** What `ip` has to say of routes and rules, judged by the kernel's own answers. */
describe('routing as the kernel does it', () => {
  it.each(Object.entries(SPEECHES))('%s', async (_name, lines) => {
    const [answers, expected]: [object[], object[]] = [[], []];
    for (const line of lines) {
      answers.push({ line, ...(await askSimulated(line)) });
      expected.push({ line, ...ask(line) });
    }
    expect(answers).toEqual(expected);
  });
});
