import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { get, serve } from '../get.ts';
import { TwoNodes } from '../two-nodes.ts';

const VIP = '10.96.0.10';
const WEB = `-A -t ${VIP}:80 -s rr`;
const LOCAL = `-a -t ${VIP}:80 -r 10.244.1.2:8080 -m -w 1`;
const REMOTE = `-a -t ${VIP}:80 -r 10.244.2.2:8080 -m -w 1`;

interface Lab extends TwoNodes {
  readonly server: Netns;
  readonly client: Netns;
}

/** p11 and p21 serve 8080; p12 is a client beside p11. Node 1 balances, and masquerades what is marked. */
async function build(...services: string[]): Promise<Lab> {
  const lab = new TwoNodes();
  const server = lab.pod(1, 2).ns;
  const client = lab.pod(1, 3).ns;
  serve(server, 8080, 'p11');
  serve(lab.pod(2, 2).ns, 8080, 'p21');
  for (const { ns } of lab.nodes) {
    ns.sysctl.set('net.ipv4.vs.conntrack', 1);
    ns.sysctl.set('net.ipv4.vs.expire_nodest_conn', 1);
    ns.sysctl.set('net.ipv4.vs.expire_quiescent_template', 1);
  }
  const full = Object.assign(lab, { server, client });
  await run(full, 'ip link add kube-ipvs0 type dummy');
  await run(full, 'ip -batch -', `link set kube-ipvs0 up\naddr add ${VIP}/32 dev kube-ipvs0\n`);
  await run(full, 'ipset create LOOP hash:ip,port,ip');
  await run(full, 'ipset add LOOP 10.244.1.2,tcp:8080,10.244.1.2');
  const rules = [
    '*nat',
    `-A PREROUTING -d ${VIP}/32 ! -s 10.244.0.0/16 -j MARK --or-mark 0x4000`,
    `-A OUTPUT -d ${VIP}/32 -j MARK --or-mark 0x4000`,
    '-A POSTROUTING -m set --match-set LOOP dst,dst,src -j MASQUERADE',
    '-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE',
    'COMMIT\n',
  ];
  await run(full, 'iptables-restore', rules.join('\n'));
  await run(full, 'ipvsadm -R', `${services.join('\n')}\n`);
  return full;
}

async function run(lab: Lab, command: string, stdin = ''): Promise<string> {
  const result = await runNodeCommand(command.split(' '), stdin, { ns: lab.node(1).ns });
  expect(result.stderr).toBe('');
  return result.stdout;
}

async function spread(lab: Lab, from: Netns, times: number): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < times; i++) seen.push(await get(lab, from, VIP, 80));
  return seen;
}

describe('ipvs', () => {
  it('takes turns among servers of both nodes', async () => {
    const lab = await build(WEB, LOCAL, REMOTE);
    // Who came last is first (ip_vs_add_dest).
    const turns = ['p21 saw 10.244.1.3', 'p11 saw 10.244.1.3'];
    expect(await spread(lab, lab.client, 4)).toEqual([...turns, ...turns]);
  });

  it('lets a pod reach itself, masqueraded by the rule for that', async () => {
    const lab = await build(WEB, LOCAL);
    expect(await spread(lab, lab.server, 1)).toEqual(['p11 saw 10.244.1.1']);
  });

  it('serves the node itself, which asks from the virtual address', async () => {
    const lab = await build(WEB, LOCAL, REMOTE);
    const { ns } = lab.node(1);
    expect(await spread(lab, ns, 2)).toEqual(['p21 saw 10.244.1.0', 'p11 saw 10.244.1.1']);
  });

  it('serves hosts outside, masqueraded by their mark', async () => {
    const lab = await build(WEB, REMOTE);
    lab.outside.addRoute({
      destination: { address: ipv4(VIP), prefixLength: 32 },
      gateway: ipv4('172.18.0.2'),
    });
    expect(await spread(lab, lab.outside, 1)).toEqual(['p21 saw 10.244.1.0']);
  });

  it('refuses where no server is, and passes on what is no service', async () => {
    const lab = await build(WEB);
    expect(await spread(lab, lab.client, 1)).toEqual(['ECONNREFUSED']);
    expect(await get(lab, lab.client, VIP, 81)).toBe('ECONNREFUSED');
    expect(lab.node(1).ns.ipvs.connections()).toEqual([]);
  });

  it('counts connections by their state, and lists them', async () => {
    const lab = await build(WEB, LOCAL);
    const socket = lab.client.tcp.connect({ address: ipv4(VIP), port: 80 });
    socket.onEnd = () => {};
    await lab.settle(100);
    expect(await run(lab, 'ipvsadm -Ln')).toContain(
      `TCP  ${VIP}:80 rr\n  -> 10.244.1.2:8080              Masq    1      0          1         \n`,
    );
    expect(await run(lab, 'ipvsadm -Lnc')).toMatch(
      /^TCP 01:5\d {2}FIN_WAIT {4}10\.244\.1\.3:\d+ +10\.96\.0\.10:80 +10\.244\.1\.2:8080$/m,
    );
    socket.destroy();
    await lab.settle(130_000);
    expect(lab.node(1).ns.ipvs.connections()).toEqual([]);
    expect(await run(lab, 'ipvsadm -Ln')).toContain('Masq    1      0          0 ');
  });

  it('keeps a client with its server for the time of persistence, and no longer', async () => {
    const lab = await build(`${WEB} -p 60`, LOCAL, REMOTE);
    expect(new Set(await spread(lab, lab.client, 5)).size).toBe(1);
    expect(await run(lab, 'ipvsadm -Sn')).toContain(`-A -t ${VIP}:80 -s rr -p 60\n`);
    const [first] = await spread(lab, lab.client, 1);
    await lab.settle(400_000);
    expect((await spread(lab, lab.client, 1))[0]).not.toBe(first);
  });

  it('sends nobody new to a server of weight 0, and lets go of it when it is deleted', async () => {
    const lab = await build(`${WEB} -p 600`, REMOTE, LOCAL);
    expect(await spread(lab, lab.client, 1)).toEqual(['p11 saw 10.244.1.3']);
    await run(lab, `ipvsadm -e -t ${VIP}:80 -r 10.244.1.2:8080 -m -w 0`);
    expect(await spread(lab, lab.client, 2)).toEqual(['p21 saw 10.244.1.3', 'p21 saw 10.244.1.3']);
    await run(lab, `ipvsadm -d -t ${VIP}:80 -r 10.244.2.2:8080`);
    expect(await spread(lab, lab.client, 1)).toEqual(['ECONNREFUSED']);
    await run(lab, 'ipvsadm -C');
    expect(await run(lab, 'ipvsadm -Sn')).toBe('');
  });

  it('ends what a deleted server still had', async () => {
    const lab = await build(WEB, LOCAL);
    const { ns } = lab.node(1);
    const sink: string[] = [];
    lab.server.tcp.listen({ port: 9090 }, (socket) => {
      socket.onData = (chunk) => sink.push(new TextDecoder().decode(chunk));
    });
    await run(lab, `ipvsadm -A -t ${VIP}:90 -s rr`);
    await run(lab, `ipvsadm -a -t ${VIP}:90 -r 10.244.1.2:9090 -m`);
    const socket = lab.client.tcp.connect({ address: ipv4(VIP), port: 90 });
    await lab.settle(50);
    expect(ns.ipvs.services()[1]!.destinations[0]!.active).toBe(1);
    socket.write(new TextEncoder().encode('one'));
    await lab.settle(50);
    await run(lab, `ipvsadm -d -t ${VIP}:90 -r 10.244.1.2:9090`);
    socket.write(new TextEncoder().encode('two'));
    await lab.settle(50);
    expect(sink).toEqual(['one']);
    expect(ns.ipvs.connections().filter(({ service }) => service.port === 90)).toEqual([]);
    socket.destroy();
  });

  it("hands a server's refusal on as the service's own", async () => {
    const lab = await build(`-A -u ${VIP}:53 -s rr`, `-a -u ${VIP}:53 -r 10.244.2.2:5353 -m`);
    const faults: unknown[] = [];
    const socket = lab.client.udp.bind({ port: 4000 });
    socket.onFault = ({ code }, remote) => faults.push([code, remote]);
    socket.send(new Uint8Array(4), { address: ipv4(VIP), port: 53 });
    await lab.settle(50);
    expect(faults).toEqual([[3, { address: ipv4(VIP), port: 53 }]]);
    socket.close();
  });

  it('is known to rules, by address, protocol and port', async () => {
    const lab = await build(WEB, REMOTE);
    const rule = `OUTPUT -m ipvs --vproto tcp --vaddr ${VIP} --vport 80 -j DROP`;
    await run(lab, `iptables -A ${rule}`);
    expect(await run(lab, 'iptables-save')).toContain(
      `-A OUTPUT -m ipvs --vproto 6 --vaddr ${VIP} --vport 80 -j DROP\n`,
    );
    expect(await spread(lab, lab.client, 1)).toEqual(['TIMEOUT']);
    expect(await get(lab, lab.client, '10.244.2.2', 8080)).toBe('p21 saw 10.244.1.3');
    await run(lab, `iptables -D ${rule}`);
    await run(lab, 'iptables -A OUTPUT -m ipvs ! --ipvs -j ACCEPT');
    await run(lab, 'iptables -P OUTPUT DROP');
    expect(await spread(lab, lab.client, 1)).toEqual(['TIMEOUT']);
    expect(await get(lab, lab.node(1).ns, '10.244.2.2', 8080)).toBe('p21 saw 10.244.1.0');
  });

  it('restores what it saved, and says what is wrong', async () => {
    const lab = await build(WEB, LOCAL, REMOTE, '-A -u 10.96.0.10:53 -s mh -b mh-port -p 100 -M 255.255.0.0');
    const text = await run(lab, 'ipvsadm -Sn');
    await run(lab, 'ipvsadm -C');
    await run(lab, 'ipvsadm -R', text);
    expect(await run(lab, 'ipvsadm -Sn')).toBe(text);
    const refused = async (command: string) =>
      (await runNodeCommand(['ipvsadm', ...command.split(' ')], '', { ns: lab.node(1).ns })).stderr;
    expect(await refused(WEB)).toBe('Service already exists\n');
    expect(await refused(LOCAL)).toBe('Destination already exists\n');
    expect(await refused('-D -t 1.2.3.4:5')).toBe('No such service\n');
    expect(await refused(`-A -t 1.2.3.4:5 -s xx`)).toContain('Scheduler');
    expect(await refused(`-A -t 1.2.3.4:99999 -s rr`)).toContain('illegal virtual server');
  });
});
