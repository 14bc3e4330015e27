import { describe, expect, it } from 'vitest';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { get, serve } from '../netstack/get.ts';
import { kubeRules } from '../netstack/kube-rules.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

function build() {
  const lab = new TwoNodes();
  const [p11, p21] = [lab.pod(1, 2).ns, lab.pod(2, 2).ns];
  serve(p21, 8080, 'p21');
  return { lab, p11, p21, node: lab.node(1).ns };
}

/** Runs a command while virtual time passes. */
async function run(lab: TwoNodes, ns: Netns, line: string, stdin = '') {
  let result: Awaited<ReturnType<typeof runNodeCommand>> | undefined;
  void runNodeCommand(line.split(' '), stdin, { ns }).then((done) => {
    result = done;
  });
  await lab.clock.runUntil(() => result !== undefined, 60_000);
  return result!;
}

describe('an unknown command', () => {
  it('leaves with 127', async () => {
    const { lab, node } = build();
    expect(await run(lab, node, 'frobnicate -x')).toEqual({
      exitCode: 127,
      stdout: '',
      stderr: 'sh: frobnicate: not found\n',
    });
    expect((await run(lab, node, 'constructor')).exitCode).toBe(127);
  });
});

describe('ip', () => {
  it('shows addresses', async () => {
    const { lab, p11 } = build();
    const { stdout } = await run(lab, p11, 'ip addr');
    expect(stdout).toContain(
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n',
    );
    expect(stdout).toContain(
      '    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n',
    );
    expect(stdout).toMatch(
      /2: eth0@if\d+: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP/,
    );
  });

  it('shows, adds and deletes routes', async () => {
    const { lab, node } = build();
    expect((await run(lab, node, 'ip route')).stdout).toBe(
      [
        'default via 172.18.0.100 dev eth0 ',
        '10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1 ',
        '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink ',
        '172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.2 ',
        '',
      ].join('\n'),
    );
    expect(await run(lab, node, 'ip route add 10.9.0.0/16 via 172.18.0.3')).toMatchObject({ exitCode: 0 });
    expect(await run(lab, node, 'ip route add 10.9.0.0/16 via 172.18.0.3')).toMatchObject({
      exitCode: 2,
      stderr: 'RTNETLINK answers: File exists\n',
    });
    expect((await run(lab, node, 'ip route get 10.9.1.1')).stdout).toBe(
      '10.9.1.1 via 172.18.0.3 dev eth0 src 172.18.0.2 uid 0 \n    cache \n',
    );
    expect((await run(lab, node, 'ip route del 10.9.0.0/16')).exitCode).toBe(0);
    expect((await run(lab, node, 'ip route show table local dev cni0')).stdout).toContain(
      'local 10.244.1.1 dev cni0 proto kernel scope host src 10.244.1.1 \n',
    );
  });

  it('shows neighbours', async () => {
    const { lab, p11, node } = build();
    await get(lab, p11, '10.244.2.2', 8080);
    const { stdout } = await run(lab, node, 'ip neigh');
    expect(stdout).toContain('10.244.2.0 dev flannel.1 lladdr 02:42:0a:f4:02:00 PERMANENT \n');
    expect(stdout).toMatch(/10\.244\.1\.2 dev cni0 lladdr [0-9a-f:]{17} (REACHABLE|STALE|DELAY) \n/);
  });
});

describe('bridge', () => {
  it('shows what flannel programmed', async () => {
    const { lab, node } = build();
    expect((await run(lab, node, 'bridge fdb show dev flannel.1')).stdout).toBe(
      '02:42:0a:f4:02:00 dst 172.18.0.3 self permanent\n',
    );
  });

  it('switches hairpin mode', async () => {
    const { lab, node } = build();
    expect((await run(lab, node, 'bridge link set dev veth2 hairpin off')).exitCode).toBe(0);
    expect((await run(lab, node, 'bridge -d link')).stdout).toContain('hairpin off');
  });
});

describe('iptables', () => {
  it('is driven as kube-proxy does', async () => {
    const { lab, node } = build();
    const text = kubeRules({ endpoints: ['10.244.2.2:8080'], nodeIndex: 1 });
    expect(await run(lab, node, 'iptables-restore -w 5 --noflush --counters', text)).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    expect((await run(lab, node, 'iptables-save -t nat')).stdout).toContain(':KUBE-SERVICES - [0:0]\n');
    const refused = await run(lab, node, 'iptables-restore --noflush', '*nat\n-A NOPE -j ACCEPT\nCOMMIT\n');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^iptables-restore: line 2 failed/);
  });
});

describe('conntrack', () => {
  it('lists and deletes', async () => {
    const { lab, node, p11 } = build();
    node.iptables.restore(kubeRules({ endpoints: ['10.244.2.2:8080'], nodeIndex: 1 }), { noflush: true });
    await get(lab, p11, '10.96.0.10', 80);
    const { stdout, stderr } = await run(lab, node, 'conntrack -L -p tcp --orig-dst 10.96.0.10');
    expect(stdout).toMatch(
      /^tcp +6 \d+ TIME_WAIT src=10\.244\.1\.2 dst=10\.96\.0\.10 sport=\d+ dport=80 src=10\.244\.2\.2 dst=10\.244\.1\.2 sport=8080 dport=\d+ \[ASSURED\] mark=0 use=1\n$/,
    );
    expect(stderr).toBe('conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n');
    expect((await run(lab, node, 'conntrack -D -p tcp --dst-nat 10.244.2.2')).exitCode).toBe(0);
    expect((await run(lab, node, 'conntrack -D -p tcp --dst-nat 10.244.2.2')).exitCode).toBe(1);
  });
});

describe('ss', () => {
  it('shows listeners', async () => {
    const { lab, p21 } = build();
    const { stdout } = await run(lab, p21, 'ss -tuln');
    expect(stdout.split('\n')[0]).toBe(
      'Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process',
    );
    expect(stdout).toMatch(/^tcp +LISTEN +0 +4096 +\*:8080 +\*:\*$/m);
  });
});

describe('ping', () => {
  it('reaches a pod of another node', async () => {
    const { lab, p11 } = build();
    const { exitCode, stdout } = await run(lab, p11, 'ping -c 2 10.244.2.2');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('64 bytes from 10.244.2.2: icmp_seq=1 ttl=62 time=0.000 ms\n');
    expect(stdout).toContain('2 packets transmitted, 2 received, 0% packet loss');
  });

  it('tells who said that there is no such host', async () => {
    const { lab, p11 } = build();
    const { exitCode, stdout } = await run(lab, p11, 'ping -c 1 -W 5 10.244.1.77');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('From 10.244.1.2 icmp_seq=1 Destination Host Unreachable\n');
  });

  it('shows the hop where the TTL ended', async () => {
    const { lab, p11 } = build();
    const { stdout } = await run(lab, p11, 'ping -c 1 -t 1 10.244.2.2');
    expect(stdout).toContain('From 10.244.1.1 icmp_seq=1 Time to live exceeded\n');
  });
});

describe('sysctl', () => {
  it('reads and writes', async () => {
    const { lab, node } = build();
    expect((await run(lab, node, 'sysctl -n net.ipv4.ip_forward')).stdout).toBe('1\n');
    expect((await run(lab, node, 'sysctl -w net.ipv4.ip_forward=0')).stdout).toBe(
      'net.ipv4.ip_forward = 0\n',
    );
    expect((await run(lab, node, 'sysctl net.nope')).exitCode).toBe(1);
  });
});

describe('curl and nc', () => {
  it('curl prints the body of an answer', async () => {
    const { lab, p11, p21 } = build();
    p21.tcp.listen({ port: 80 }, (socket) => {
      socket.onData = () => {
        socket.write(
          new TextEncoder().encode(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
          ),
        );
      };
    });
    expect(await run(lab, p11, 'curl -s -w %{http_code} http://10.244.2.2/x')).toEqual({
      exitCode: 0,
      stdout: 'abcde200',
      stderr: '',
    });
  });

  it.each([
    [
      'curl http://10.244.2.2:81/',
      7,
      /Failed to connect to 10.244.2.2 port 81 after 0 ms: Couldn't connect to server/,
    ],
    ['curl -m 2 http://10.99.0.1/', 28, /Connection timed out after 2000 milliseconds/],
    ['curl http://nowhere/', 6, /Could not resolve host: nowhere/],
  ])('%s leaves with %i', async (line, exitCode, stderr) => {
    const { lab, p11, node } = build();
    node.addRoute({ destination: { address: 0x0a630001 as never, prefixLength: 32 }, type: 'blackhole' });
    const result = await run(lab, p11, line);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toMatch(stderr);
  });

  it('nc tells whether a port is open', async () => {
    const { lab, p11 } = build();
    expect((await run(lab, p11, 'nc -z -w 1 10.244.2.2 8080')).exitCode).toBe(0);
    expect((await run(lab, p11, 'nc -z -w 1 10.244.2.2 8081')).exitCode).toBe(1);
  });
});
