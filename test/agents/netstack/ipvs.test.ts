import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../../agents/netstack/ipv4.ts';
import { SCHEDULERS, type SchedulerName } from '../../../agents/netstack/ipvs/schedulers.ts';
import type { RealServer } from '../../../agents/netstack/ipvs/virtual-service.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { FlowWorld, frameOf, replyTo } from './flow/flow-world.ts';

const server = (address: number, weight = 1, connections = 0): RealServer => ({
  address: address as Ipv4,
  port: 80,
  weight,
  connections,
  present: true,
});

/** How often each server is chosen for clients 1, 2, 3…; a chosen one keeps the connection. */
function shares(name: SchedulerName, servers: readonly RealServer[], clients: number): number[] {
  const state = { next: 0, credit: new Map() };
  const counts = servers.map(() => 0);
  for (let source = 1; source <= clients; source++) {
    const chosen = SCHEDULERS[name](servers, { source, destination: 7, port: source }, state);
    if (!chosen) continue;
    chosen.connections++;
    counts[servers.indexOf(chosen)]!++;
  }
  return counts;
}

describe('schedulers', () => {
  it.each([
    ['rr', [server(1), server(2), server(3, 0)], [15, 15, 0]],
    ['wrr', [server(1, 3), server(2, 1), server(3, 2)], [15, 5, 10]],
    ['lc', [server(1, 1, 10), server(2, 1, 0), server(3, 0, 0)], [10, 20, 0]],
    ['wlc', [server(1, 3), server(2, 1), server(3, 2)], [15, 5, 10]],
    ['sed', [server(1, 3), server(2, 1), server(3, 2)], [15, 5, 10]],
    ['nq', [server(1, 100), server(2, 1), server(3, 1)], [28, 1, 1]],
  ] as const)('%s gives each its share', (name, servers, expected) => {
    expect(shares(name, servers, 30)).toEqual(expected);
  });

  it.each(['sh', 'mh'] as const)('%s sends a client to the same server, and clients to all', (name) => {
    const servers = [server(1), server(2), server(3)];
    const state = { next: 0, credit: new Map() };
    const choose = (source: number) => SCHEDULERS[name](servers, { source, destination: 7, port: 0 }, state);
    for (let source = 0; source < 50; source++) expect(choose(source)).toBe(choose(source));
    for (const count of shares(name, servers, 3000)) expect(count).toBeGreaterThan(500);
  });

  it('dh looks at the destination alone', () => {
    const servers = [server(1), server(2), server(3)];
    expect(shares('dh', servers, 30).filter((count) => count > 0)).toEqual([30]);
  });

  it('mh moves few clients when a server goes', () => {
    const servers = [1, 2, 3, 4, 5].map((address) => server(address));
    const state = { next: 0, credit: new Map() };
    const choose = (of: readonly RealServer[], source: number) =>
      SCHEDULERS.mh(of, { source, destination: 0, port: 0 }, state);
    const before = Array.from({ length: 2000 }, (_, source) => choose(servers, source));
    const rest = servers.slice(1);
    const moved = before.filter((was, source) => was !== servers[0] && choose(rest, source) !== was);
    expect(moved.length).toBeLessThan(300);
  });
});

const TEXT = `-A -t 10.96.0.99:443 -s rr
-a -t 10.96.0.99:443 -r 10.244.1.3:8080 -m -w 1
-a -t 10.96.0.99:443 -r 10.244.2.2:8080 -m -w 0
-A -u 10.96.0.99:53 -s sh -p 60
`;
const TO_SERVICE = {
  protocol: 'tcp',
  source: '10.244.1.2',
  destination: '10.96.0.99',
  sourcePort: 4000,
  destinationPort: 443,
  flags: 2,
  ttl: 64,
  payload: 0,
  dontFragment: false,
} as const;

describe('ipvsadm', () => {
  let world: FlowWorld;
  const run = async (line: string, stdin = ''): Promise<string> => {
    const { stdout, stderr } = await runNodeCommand(line.split(' '), stdin, { ns: world.ns });
    return stdout + stderr;
  };
  /** What came out, without ARP. */
  const packets = async () => (await world.take()).filter(({ frame }) => frame[12] === 8 && frame[13] === 0);
  /** Where a segment of the client's connection goes: back to it, if it is refused. */
  const destinationOf = async (flags: number): Promise<string | undefined> => {
    world.send('pod2', frameOf('pod2', { ...TO_SERVICE, flags }));
    const [left] = await packets();
    return left && [...left.frame.subarray(30, 34)].join('.');
  };

  beforeEach(async () => {
    world = new FlowWorld({ rules: '' });
    await run('ip link add kube-ipvs0 type dummy');
    await run('ip addr add 10.96.0.99/32 dev kube-ipvs0');
    expect(await run('ipvsadm -R', TEXT)).toBe('');
  });
  afterEach(() => world.ns.delete());

  it('prints the text that it takes, and the table', async () => {
    expect(await run('ipvsadm -S -n')).toBe(TEXT);
    expect(await run('ipvsadm -Ln')).toBe(`IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.99:443 rr
  -> 10.244.1.3:8080              Masq    1      0          0         
  -> 10.244.2.2:8080              Masq    0      0          0         
UDP  10.96.0.99:53 sh persistent 60
`);
    await run('ipvsadm -C');
    expect(await run('ipvsadm -S')).toBe('');
  });

  it.each([
    ['-A -t 10.96.0.99:443 -s rr', 'already exists'],
    ['-A -t 10.96.0.98:443 -s nonsense', 'not found'],
    ['-D -t 10.96.0.98:443', 'No such service'],
    ['-a -t 10.96.0.99:443 -r 10.244.1.3:8080 -m', 'already exists'],
    ['-d -t 10.96.0.99:443 -r 10.244.1.9:8080', 'No such destination'],
    ['-a -t 10.96.0.99:443 -r nonsense -m', 'illegal address'],
    ['-a -t 10.96.0.99:443 -r 10.244.1.9:80 -m -w -1', 'illegal weight'],
  ])('refuses %s', async (line, reason) => {
    expect(await run(`ipvsadm ${line}`)).toContain(reason);
    expect(await run('ipvsadm -S -n')).toBe(TEXT);
  });

  it('leads connections to a server with weight, and their answers back', async () => {
    expect(await destinationOf(2)).toBe('10.244.1.3');
    expect(await run('ipvsadm -Ln')).toMatch(/10\.244\.1\.3:8080 +Masq +1 +1 /);
    world.send('pod2', frameOf('pod2', TO_SERVICE));
    const [request] = await packets();
    world.send('pod3', replyTo(request!.frame, { flags: 18, payload: 0, ttl: 64 })!);
    const [answer] = await packets();
    expect(answer?.port).toBe('pod2');
    expect([...answer!.frame.subarray(26, 30)].join('.')).toBe('10.96.0.99');
  });

  it('lets connections go on when their server takes no more, and ends them when it is gone', async () => {
    expect(await destinationOf(2)).toBe('10.244.1.3');
    await run('ipvsadm -e -t 10.96.0.99:443 -r 10.244.1.3:8080 -m -w 0');
    await run('ipvsadm -e -t 10.96.0.99:443 -r 10.244.2.2:8080 -m -w 1');
    expect(await destinationOf(2)).toBe('10.244.1.3');
    await run('ipvsadm -d -t 10.96.0.99:443 -r 10.244.1.3:8080');
    expect(await destinationOf(2)).toBe('10.244.1.2');
    // By the tunnel to the other node.
    expect(await destinationOf(2)).toBe('172.18.0.3');
    expect(await run('conntrack -L')).not.toContain('10.244.1.3');
  });
});
