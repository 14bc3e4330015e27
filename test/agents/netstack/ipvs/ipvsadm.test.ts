import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { FlowWorld, frameOf, replyTo } from '../flow/flow-world.ts';

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
    for (const name of ['conntrack', 'expire_nodest_conn']) await run(`sysctl -w net.ipv4.vs.${name}=1`);
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

  it('sorts services and servers, unless it shall not', async () => {
    await run('ipvsadm -A -t 10.96.0.7:80 -s rr');
    for (const server of ['10.244.9.9:80', '10.244.1.9:81', '10.244.1.9:80'])
      await run(`ipvsadm -a -t 10.96.0.7:80 -r ${server} -m`);
    const servers = async (options: string): Promise<string[]> =>
      [...(await run(`ipvsadm -Ln -t 10.96.0.7:80${options}`)).matchAll(/-> (10\S+)/g)].map(
        ([, each]) => each!,
      );
    expect(await servers('')).toEqual(['10.244.1.9:80', '10.244.1.9:81', '10.244.9.9:80']);
    expect(await servers(' --nosort')).toEqual(['10.244.1.9:80', '10.244.1.9:81', '10.244.9.9:80']);
    expect((await run('ipvsadm -Sn')).split('\n')[0]).toBe('-A -t 10.96.0.7:80 -s rr');
  });

  it('counts connections, packets and bytes, and forgets them', async () => {
    await run('sysctl -w net.ipv4.ip_forward=1');
    await destinationOf(2);
    world.send('pod2', frameOf('pod2', { ...TO_SERVICE, flags: 2, payload: 20 }));
    await packets();
    const stats = async (): Promise<string> =>
      (await run('ipvsadm -Ln --stats')).split('\n').slice(1, 5).join('\n');
    expect(await stats()).toBe(`Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  10.96.0.99:443                      1        2        0      100        0
  -> 10.244.1.3:8080                     1        2        0      100        0`);
    await run('ipvsadm -Z');
    expect(await stats()).toContain(
      '10.244.1.3:8080                     0        0        0        0        0',
    );
  });

  it.each([
    ['-A -t 10.96.0.99:443 -s rr', 'already exists'],
    ['-A -t 10.96.0.98:443 -s nonsense', 'not found'],
    ['-D -t 10.96.0.98:443', 'No such service'],
    ['-a -t 10.96.0.99:443 -r 10.244.1.3:8080 -m', 'already exists'],
    ['-d -t 10.96.0.99:443 -r 10.244.1.9:8080', 'No such destination'],
    ['-a -t 10.96.0.99:443 -r nonsense -m', 'illegal real server'],
    ['-a -t 10.96.0.99:443 -r 10.244.1.9:80 -m -w -1', 'illegal value'],
  ])('refuses %s', async (line, reason) => {
    expect(await run(`ipvsadm ${line}`)).toContain(reason);
    expect(await run('ipvsadm -S -n')).toBe(TEXT);
  });

  it('leads connections to a server with weight, and their answers back', async () => {
    expect(await destinationOf(2)).toBe('10.244.1.3');
    expect(await run('ipvsadm -Ln')).toMatch(/10\.244\.1\.3:8080 +Masq +1 +0 +1 /);
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
    // The first packet after that is dropped with the connection (ip_vs_in_hook).
    expect(await destinationOf(2)).toBeUndefined();
    // By the tunnel to the other node.
    expect(await destinationOf(2)).toBe('172.18.0.3');
    expect(await run('conntrack -L')).not.toContain('10.244.1.3');
  });
});
