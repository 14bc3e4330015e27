import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../../agents/netstack/ip-address.ts';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { podAddress, SixLab } from './six-lab.ts';

function serve(ns: Netns, port: number, name: string): void {
  ns.tcp.listen({ port }, (socket) => {
    socket.write(new TextEncoder().encode(`${name} saw ${formatIp(socket.remote.address)}`));
    socket.end();
  });
}

const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d fd00:10:96::a/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:10:244:1::2]:8080
-A PREROUTING -d fd00:10:96::b/128 -j DNAT --to-destination fd00:10:244:1::2
-A OUTPUT -d fd00:10:96::a/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:10:244:1::2]:8080
-A POSTROUTING -s fd00:10:244:1::/64 ! -d fd00:10:244::/48 -j MASQUERADE --random-fully
-A POSTROUTING -s fd00:10:244:1::2/128 -d fd00:10:244:1::2/128 -j MASQUERADE
COMMIT
`;

async function translating(): Promise<{ lab: SixLab; pod: Netns }> {
  const lab = new SixLab();
  const pod = lab.pod(2);
  serve(pod, 8080, 'pod');
  expect(await lab.run(lab.node, 'ip6tables-restore', RULES)).toBe('');
  return { lab, pod };
}

describe('ip6tables', () => {
  it('prints what it was given', async () => {
    const { lab } = await translating();
    const saved = await lab.run(lab.node, 'ip6tables-save -t nat');
    expect(saved.replace(/^#.*\n/gm, '')).toBe(RULES);
    expect(await lab.run(lab.node, 'iptables-save')).toBe('');
  });

  it('translates to a pod and back, from outside and from the node', async () => {
    const { lab } = await translating();
    expect(await lab.get(lab.client, 'fd00:10:96::a', 80)).toBe('pod saw fd00:9::2');
    await lab.run(lab.node, 'ip -6 route add default via fd00:9::2');
    expect(await lab.get(lab.node, 'fd00:10:96::a', 80)).toBe('pod saw fd00:9::1');
    expect(await lab.run(lab.node, 'conntrack -L -f ipv6 -s fd00:9::2')).toMatch(
      /^tcp +6 \d+ TIME_WAIT src=fd00:9::2 dst=fd00:10:96::a sport=\d+ dport=80 src=fd00:10:244:1::2 dst=fd00:9::2 sport=8080 dport=\d+ \[ASSURED\] mark=0 use=1\n/,
    );
  });

  it('masquerades what leaves, with ping too', async () => {
    const { lab, pod } = await translating();
    serve(lab.client, 80, 'client');
    expect(await lab.get(pod, 'fd00:9::2', 80)).toBe('client saw fd00:9::1');
    expect(await lab.run(pod, 'ping -c 1 fd00:9::2')).toContain('1 received');
    expect(await lab.run(lab.node, 'conntrack -L -p ipv6-icmp')).toMatch(
      /^icmpv6 +58 \d+ src=fd00:10:244:1::2 dst=fd00:9::2 type=128 code=0 id=\d+ src=fd00:9::2 dst=fd00:9::1 type=129 code=0 id=\d+ mark=0 use=1\n/,
    );
  });

  it('a pod reaches itself by way of the service: bridged frames meet the rules', async () => {
    const { lab, pod } = await translating();
    expect(await lab.get(pod, 'fd00:10:96::a', 80)).toBe('pod saw fd00:10:244:1::1');
    const other = lab.pod(3);
    expect(await lab.get(other, 'fd00:10:96::a', 80)).toBe('pod saw fd00:10:244:1::3');
  });

  it('an error about a translated packet says what its sender knows', async () => {
    const { lab } = await translating();
    expect(await lab.run(lab.client, 'nc -u fd00:10:96::b 99', 'x')).toContain('Connection refused');
    expect(await lab.run(lab.client, 'ping -c 1 fd00:10:96::b')).toContain('64 bytes from fd00:10:96::b');
  });

  it.each([
    ['icmp6-port-unreachable', 'ECONNREFUSED'],
    ['icmp6-adm-prohibited', 'EACCES'],
    ['icmp6-no-route', 'ENETUNREACH'],
    ['tcp-reset', 'ECONNREFUSED'],
  ])('REJECT --reject-with %s', async (type, seen) => {
    const { lab } = await translating();
    const rule = `-A FORWARD -p tcp -d ${podAddress(2)} -j REJECT --reject-with ${type}`;
    expect(await lab.run(lab.node, `ip6tables ${rule}`)).toBe('');
    expect(await lab.get(lab.client, podAddress(2), 8080)).toBe(seen);
    expect(await lab.run(lab.node, 'ip6tables -S FORWARD')).toContain(`--reject-with ${type}`);
  });

  it('matches by prefix, type of ICMP, type of address and state', async () => {
    const { lab } = await translating();
    const rules = [
      '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -m addrtype --dst-type LOCAL -j DROP',
      '-A FORWARD -s fd00:9::/64 -m conntrack --ctstate NEW -m conntrack --ctorigdst fd00:10:244:1::3 -j DROP',
    ];
    for (const rule of rules) expect(await lab.run(lab.node, `ip6tables ${rule}`)).toBe('');
    expect(await lab.run(lab.node, 'ip6tables -S')).toContain(rules.join('\n'));
    const other = lab.pod(3);
    serve(other, 80, 'other');
    expect(await lab.run(lab.client, 'ping -c 1 fd00:9::1')).toContain('0 received');
    expect(await lab.run(lab.client, `ping -c 1 ${podAddress(2)}`)).toContain('1 received');
    expect(await lab.get(lab.client, podAddress(3), 80)).toBe('TIMEOUT');
    expect(await lab.get(lab.client, podAddress(2), 8080)).toContain('pod saw');
  });

  it.each([
    ['-A INPUT -s 10.0.0.1 -j DROP', "host/network `10.0.0.1' not found"],
    ['-A INPUT -s fd00::/129 -j DROP', "invalid mask `129' specified"],
    ['-A INPUT -m icmp --icmp-type 8 -j DROP', "Couldn't load match `icmp'"],
    ['-A INPUT -j REJECT --reject-with icmp-port-unreachable', 'unknown reject type "icmp-port-unreachable"'],
    ['-A INPUT -f -j DROP', 'unknown option "-f"'],
  ])('refuses %s', async (rule, words) => {
    const { lab } = await translating();
    expect(await lab.run(lab.node, `ip6tables ${rule}`)).toContain(words);
  });

  it('sets of family inet6', async () => {
    const { lab } = await translating();
    const text = [
      'create peers hash:net family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000000',
      'add peers fd00:9::/64',
      'create services hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000000',
      'add services fd00:10:96::c,tcp:80',
      '',
    ].join('\n');
    expect(await lab.run(lab.node, 'ipset restore', text)).toBe('');
    const saved = await lab.run(lab.node, 'ipset save');
    expect(saved.replace(/initval 0x\w+/g, 'initval 0x00000000')).toBe(text);
    const rule =
      '-t nat -A PREROUTING -p tcp -m set --match-set services dst,dst -m set --match-set peers src -j DNAT --to-destination [fd00:10:244:1::2]:8080';
    expect(await lab.run(lab.node, `ip6tables ${rule}`)).toBe('');
    expect(await lab.get(lab.client, 'fd00:10:96::c', 80)).toBe('pod saw fd00:9::2');
    await lab.run(lab.node, 'ipset del peers fd00:9::/64');
    expect(await lab.get(lab.client, 'fd00:10:96::c', 80)).toBe('ENETUNREACH');
  });

  it('IPVS balances over IPv6', async () => {
    const { lab } = await translating();
    lab.node.sysctl.set('net.ipv4.vs.conntrack', 1);
    await lab.run(lab.node, 'ip link add kube-ipvs0 type dummy');
    await lab.run(lab.node, 'ip link set kube-ipvs0 up');
    await lab.run(lab.node, 'ip addr add fd00:10:96::d/128 dev kube-ipvs0');
    serve(lab.pod(3), 8080, 'other');
    const commands = [
      'ipvsadm -A -t [fd00:10:96::d]:80 -s rr',
      'ipvsadm -a -t [fd00:10:96::d]:80 -r [fd00:10:244:1::2]:8080 -m -w 1',
      'ipvsadm -a -t [fd00:10:96::d]:80 -r [fd00:10:244:1::3]:8080 -m -w 1',
    ];
    for (const command of commands) expect(await lab.run(lab.node, command)).toBe('');
    expect(await lab.run(lab.node, 'ipvsadm -S -n')).toBe(
      `${commands.map((command) => command.replace('ipvsadm ', '')).join('\n')}\n`,
    );
    const answers = [
      await lab.get(lab.client, 'fd00:10:96::d', 80),
      await lab.get(lab.client, 'fd00:10:96::d', 80),
    ];
    expect(answers.sort()).toEqual(['other saw fd00:9::2', 'pod saw fd00:9::2']);
  });
});
