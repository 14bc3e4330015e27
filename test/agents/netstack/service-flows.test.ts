import { describe, expect, it } from 'vitest';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { get, serve } from './get.ts';
import { type KubeRulesOptions, kubeRules } from './kube-rules.ts';
import { nodeAddress, TwoNodes } from './two-nodes.ts';

const VIP = '10.96.0.10';
const LOCAL = '10.244.1.2:8080';
const REMOTE = '10.244.2.2:8080';

interface Lab extends TwoNodes {
  readonly p11: Netns;
  readonly p12: Netns;
}

/** p11 and p12 on node 1, p21 on node 2; each serves 8080. */
function build(
  options: { bridgeNf?: number; hairpin?: boolean; rpFilter?: number } & Partial<KubeRulesOptions> = {},
): Lab {
  const lab = new TwoNodes();
  const pods = (
    [
      [1, 2],
      [1, 3],
      [2, 2],
    ] as const
  ).map(([node, host]) => {
    const pod = lab.pod(node, host, { hairpin: options.hairpin ?? true });
    serve(pod.ns, 8080, `p${node}${host - 1}`);
    return pod;
  });
  for (const node of lab.nodes) {
    node.ns.sysctl.set('net.bridge.bridge-nf-call-iptables', options.bridgeNf ?? 1);
    node.ns.sysctl.set('net.ipv4.conf.all.rp_filter', options.rpFilter ?? 0);
    const text = kubeRules({ endpoints: [LOCAL], ...options, nodeIndex: node.index });
    expect(node.ns.iptables.restore(text, { noflush: true })).toEqual({ ok: true });
  }
  return Object.assign(lab, { p11: pods[0]!.ns, p12: pods[1]!.ns });
}

describe('a pod through a ClusterIP', () => {
  it('reaches an endpoint of another node, and conntrack holds both tuples', async () => {
    const lab = build({ endpoints: [REMOTE] });
    expect(await get(lab, lab.p12, VIP, 80)).toBe('p21 saw 10.244.1.3');
    const [entry] = lab.node(1).ns.conntrack.list();
    expect(entry?.reply.source).toBe(0x0af40202);
    expect(entry?.original.destination).toBe(0x0a60000a);
  });

  it.each([
    [1, 'p11 saw 10.244.1.3'],
    [0, 'TIMEOUT'],
  ])('reaches another pod of its node with bridge-nf-call-iptables=%i: %s', async (bridgeNf, expected) => {
    const lab = build({ bridgeNf });
    expect(await get(lab, lab.p12, VIP, 80)).toBe(expected);
  });

  // One row for each outcome of the same experiment with real network namespaces.
  it.each([
    { masquerade: true, bridgeNf: 1, hairpin: true, expected: 'p11 saw 10.244.1.1' },
    { masquerade: true, bridgeNf: 1, hairpin: false, expected: 'TIMEOUT' },
    { masquerade: true, bridgeNf: 0, hairpin: true, expected: 'p11 saw 10.244.1.1' },
    { masquerade: true, bridgeNf: 0, hairpin: false, expected: 'p11 saw 10.244.1.1' },
    { masquerade: false, bridgeNf: 1, hairpin: true, expected: 'TIMEOUT' },
    { masquerade: false, bridgeNf: 0, hairpin: true, expected: 'TIMEOUT' },
  ])('reaches itself: %o', async ({ expected, ...options }) => {
    const lab = build(options);
    expect(await get(lab, lab.p11, VIP, 80)).toBe(expected);
  });

  it('is spread over two endpoints', async () => {
    const lab = build({ endpoints: [LOCAL, REMOTE] });
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) seen.add(await get(lab, lab.p12, VIP, 80));
    expect([...seen].sort()).toEqual(['p11 saw 10.244.1.3', 'p21 saw 10.244.1.3']);
  });

  it('is refused when the Service has no endpoints', async () => {
    const lab = build({ endpoints: [] });
    expect(await get(lab, lab.p12, VIP, 80)).toBe('ECONNREFUSED');
  });

  it('is lost when the FORWARD policy is DROP', async () => {
    const lab = build({ endpoints: [REMOTE] });
    lab.node(1).ns.iptables.command(['-P', 'FORWARD', 'DROP']);
    expect(await get(lab, lab.p12, VIP, 80)).toBe('TIMEOUT');
  });
});

describe('a NodePort', () => {
  it.each([
    { masquerade: true, rpFilter: 0, expected: 'p21 saw 10.244.1.0' },
    { masquerade: true, rpFilter: 1, expected: 'p21 saw 10.244.1.0' },
    { masquerade: false, rpFilter: 0, expected: 'TIMEOUT' },
  ])('from outside to a remote endpoint: %o', async ({ expected, ...options }) => {
    const lab = build({ ...options, endpoints: [REMOTE], flannelMasquerade: false });
    expect(await get(lab, lab.outside, nodeAddress(1), 30080)).toBe(expected);
  });

  it('passes a FORWARD policy of DROP, by its mark', async () => {
    const lab = build({ endpoints: [REMOTE] });
    lab.node(1).ns.iptables.command(['-P', 'FORWARD', 'DROP']);
    expect(await get(lab, lab.outside, nodeAddress(1), 30080)).toBe('p21 saw 10.244.1.0');
  });
});

describe('the node itself through a ClusterIP', () => {
  it.each([
    { masquerade: true, rpFilter: 1, expected: 'p21 saw 10.244.1.0' },
    { masquerade: false, rpFilter: 0, expected: 'p21 saw 172.18.0.2' },
    { masquerade: false, rpFilter: 1, expected: 'TIMEOUT' },
    { masquerade: false, rpFilter: 2, expected: 'p21 saw 172.18.0.2' },
  ])('to a remote endpoint: %o', async ({ expected, ...options }) => {
    const lab = build({ ...options, endpoints: [REMOTE], flannelMasquerade: false });
    expect(await get(lab, lab.node(1).ns, VIP, 80)).toBe(expected);
  });

  it('has no way without a default route: routing comes before the OUTPUT DNAT', async () => {
    const lab = build({ endpoints: [REMOTE] });
    lab.node(1).ns.delRoute({ destination: { address: 0 as never, prefixLength: 0 } });
    expect(await get(lab, lab.node(1).ns, VIP, 80)).toBe('ENETUNREACH');
  });
});

describe('egress', () => {
  it('is masqueraded to the node', async () => {
    const lab = build();
    serve(lab.outside, 9000, 'ext');
    expect(await get(lab, lab.p11, '172.18.0.100', 9000)).toBe('ext saw 172.18.0.2');
  });
});

describe('a black hole', () => {
  it('is a missing FDB entry', async () => {
    const lab = build({ endpoints: [REMOTE] });
    const { flannel } = lab.node(1);
    flannel.fdbDelete(flannel.fdbList()[0]!.mac);
    expect(await get(lab, lab.p11, '10.244.2.2', 8080)).toBe('TIMEOUT');
    expect(lab.node(1).ns.drops.get('VXLAN_NO_REMOTE')).toBeGreaterThan(0);
  });

  it('is ip_forward=0', async () => {
    const lab = build({ endpoints: [REMOTE] });
    lab.node(1).ns.sysctl.set('net.ipv4.ip_forward', 0);
    expect(await get(lab, lab.p11, '10.244.2.2', 8080)).toBe('TIMEOUT');
  });
});

describe('the MTU of 1450', () => {
  it.each([
    [1422, 'reply'],
    [1423, 'EMSGSIZE'],
  ])('a ping of %i bytes that may not be fragmented: %s', async (size, expected) => {
    const lab = build();
    const echo = lab.p11.echo.open();
    let outcome = 'TIMEOUT';
    echo.onReply = () => {
      outcome = 'reply';
    };
    const sent = echo.send(0x0af40202 as never, 1, new Uint8Array(size), { dontFragment: true });
    await lab.settle(3000);
    expect(sent === 'sent' ? outcome : sent).toBe(expected);
  });
});
