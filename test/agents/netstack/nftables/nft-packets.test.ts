import { describe, expect, it } from 'vitest';
import type { CommandResult } from '../../../../agents/shell/command.ts';
import { nft as nftCommand } from '../../../../agents/shell/nft.ts';
import { get, serve } from '../get.ts';
import { type TestPod, TwoNodes } from '../two-nodes.ts';

const VIP = '10.96.0.10';

/** A table as kube-proxy lays it out, for one address of two endpoints; `more` goes into it as well. */
function service(more = '', elements = ''): string {
  return `table ip kube {
    set sticky { type ipv4_addr; flags dynamic,timeout; timeout 10s; }
    map services { type ipv4_addr . inet_proto . inet_service : verdict;
      elements = { ${VIP} . tcp . 80 : goto web${elements} }
    }
    map refused { type ipv4_addr . inet_proto . inet_service : verdict;
      elements = { 10.96.0.11 . tcp . 80 : goto refuse, 10.96.0.12 . tcp . 80 : drop }
    }
    chain prerouting { type nat hook prerouting priority dstnat; jump dispatch; }
    chain output { type nat hook output priority -100; jump dispatch; }
    chain postrouting { type nat hook postrouting priority srcnat;
      meta mark & 0x4000 == 0 return
      meta mark set meta mark ^ 0x4000
      masquerade fully-random
    }
    chain forward { type filter hook forward priority -110;
      ct state new ip daddr . meta l4proto . th dport vmap @refused
    }
    chain refuse { reject; }
    chain mark { meta mark set meta mark | 0x4000; }
    chain dispatch { ip daddr . meta l4proto . th dport vmap @services; }
    chain web { numgen random mod 2 vmap { 0 : goto one, 1 : goto two }; }
    chain one { ip saddr 10.244.1.2 jump mark; meta l4proto tcp dnat to 10.244.1.2:8080; }
    chain two { ip saddr 10.244.2.2 jump mark; meta l4proto tcp dnat to 10.244.2.2:8080; }
    ${more}
  }`;
}

interface Lab extends TwoNodes {
  readonly client: TestPod;
  readonly server: TestPod;
}

function build(text: string): Lab {
  const lab = new TwoNodes();
  const server = lab.pod(1, 2);
  const client = lab.pod(1, 3);
  serve(server.ns, 8080, 'p11');
  serve(lab.pod(2, 2).ns, 8080, 'p21');
  for (const { ns } of lab.nodes) {
    ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 1);
    expect(ns.nftables.run(text).stderr).toBe('');
  }
  return Object.assign(lab, { client, server });
}

/** A command on node 1, or a text for `nft -f -`. */
const nft = (lab: Lab, command: string, text = '') =>
  nftCommand(command.split(' '), text, lab.node(1)) as CommandResult;

async function spread(lab: Lab, times: number): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++) seen.add(await get(lab, lab.client.ns, VIP, 80));
  return [...seen].sort();
}

describe('nftables on a node', () => {
  it('translates by a verdict map, by chance among the endpoints', async () => {
    const lab = build(service());
    expect(await spread(lab, 20)).toEqual(['p11 saw 10.244.1.3', 'p21 saw 10.244.1.3']);
  });

  it('takes turns with numgen inc', async () => {
    const lab = build(service().replace('numgen random', 'numgen inc'));
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await get(lab, lab.client.ns, VIP, 80));
    expect(answers).toEqual([
      'p11 saw 10.244.1.3',
      'p21 saw 10.244.1.3',
      'p11 saw 10.244.1.3',
      'p21 saw 10.244.1.3',
    ]);
  });

  it('masquerades what carries the mark', async () => {
    const lab = build(
      service().replace('numgen random mod 2 vmap { 0 : goto one, 1 : goto two }', 'goto one'),
    );
    expect(await get(lab, lab.server.ns, VIP, 80)).toBe('p11 saw 10.244.1.1');
  });

  it('serves the node itself: what OUTPUT translates, INPUT undoes', async () => {
    const lab = build(service('chain mine { type nat hook output priority -101; jump mark; }'));
    const answers = new Set<string>();
    for (let i = 0; i < 10; i++) answers.add(await get(lab, lab.node(1).ns, VIP, 80));
    expect([...answers].sort()).toEqual(['p11 saw 10.244.1.1', 'p21 saw 10.244.1.0']);
  });

  it('rejects and drops', async () => {
    const lab = build(service());
    expect(await get(lab, lab.client.ns, '10.96.0.11', 80)).toBe('ECONNREFUSED');
    expect(await get(lab, lab.client.ns, '10.96.0.12', 80)).toBe('TIMEOUT');
    nft(lab, 'flush chain ip kube refuse');
    nft(lab, 'add rule ip kube refuse reject with tcp reset');
    expect(await get(lab, lab.client.ns, '10.96.0.11', 80)).toBe('ECONNREFUSED');
  });

  it('remembers clients in a set, for its time', async () => {
    const sticky = `chain remember { update @sticky { ip saddr }; meta l4proto tcp dnat to 10.244.2.2:8080; }`;
    const lab = build(
      service(sticky).replace('numgen random', 'ip saddr @sticky goto two; goto remember; numgen random'),
    );
    await get(lab, lab.client.ns, VIP, 80);
    expect(nft(lab, 'list set ip kube sticky').stdout).toContain('elements = { 10.244.1.3 expires ');
    await lab.settle(11_000);
    expect(nft(lab, 'list set ip kube sticky').stdout).not.toContain('elements');
  });

  it('takes changes at once, also for flows that are established', async () => {
    const lab = build(service('chain filter { type filter hook forward priority 0; }'));
    expect((await spread(lab, 10)).length).toBe(2);
    expect(nft(lab, `delete element ip kube services { ${VIP} . tcp . 80 }`).stderr).toBe('');
    nft(lab, `add element ip kube services { ${VIP} . tcp . 80 : goto two }`);
    expect(await spread(lab, 10)).toEqual(['p21 saw 10.244.1.3']);
    nft(lab, 'add rule ip kube filter ip daddr 10.244.2.2 counter drop');
    expect(await spread(lab, 1)).toEqual(['TIMEOUT']);
    expect(nft(lab, 'list chain ip kube filter').stdout).toMatch(/counter packets [1-9]/);
    nft(lab, 'delete table ip kube');
    expect(await get(lab, lab.client.ns, '10.244.2.2', 8080)).toBe('p21 saw 10.244.1.3');
  });

  it('walks as many rules for one address as for thousands', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `, 10.97.${i >> 8}.${i & 255} . tcp . 80 : goto two`);
    const [few, lots] = [build(service()), build(service('', many.join('')))];
    for (const lab of [few, lots]) await get(lab, lab.client.ns, VIP, 80);
    const walked = (lab: Lab) => lab.node(1).ns.nftables.walked;
    expect(walked(lots)).toBe(walked(few));
  });

  it('shares connections and translation with iptables: who translates first has decided', async () => {
    const lab = build(service());
    const text =
      '*nat\n-A PREROUTING -d 10.96.0.20 -p tcp -j DNAT --to-destination 10.244.1.2:8080\nCOMMIT\n';
    expect(lab.node(1).ns.iptables.restore(text)).toEqual({ ok: true });
    expect(await get(lab, lab.client.ns, '10.96.0.20', 80)).toBe('p11 saw 10.244.1.3');
    expect(await spread(lab, 20)).toHaveLength(2);
    const first = `add chain ip kube first { type nat hook prerouting priority dstnat - 5; }
      add rule ip kube first ip daddr ${VIP} tcp dport 80 dnat to 10.244.1.2:8080`;
    expect(nft(lab, '-f -', first).stderr).toBe('');
    expect(await spread(lab, 10)).toEqual(['p11 saw 10.244.1.3']);
  });

  it('marks connections, and knows them by their marks', async () => {
    const lab = build(
      service(`chain marks { type filter hook forward priority 10;
        ct state new ct mark set 0x7
        ct mark 0x7 ct state established counter
        meta mark set ct mark & 0x3
        meta mark 0x3 ct status dnat counter
      }`),
    );
    await get(lab, lab.client.ns, VIP, 80);
    const text = nft(lab, 'list chain ip kube marks').stdout;
    expect(text.match(/counter packets [1-9]\d*/g)).toHaveLength(2);
    expect(
      lab
        .node(1)
        .ns.conntrack.list()
        .some(({ mark }) => mark === 7),
    ).toBe(true);
  });
});
