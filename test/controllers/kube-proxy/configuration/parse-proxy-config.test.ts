import { describe, expect, it } from 'vitest';
import {
  defaultProxyConfig,
  parseProxyConfig,
} from '../../../../controllers/kube-proxy/configuration/parse-proxy-config.ts';

const DEFAULTS = { mode: 'iptables' as const, clusterCidrs: ['10.244.0.0/16'] };

/** As kubeadm writes it: every field, most of them with Go's zero value. */
const KUBEADMS = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.1.0.0/16,fd01::/64
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpBeLiberal: false, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, udpStreamTimeout: 0s, udpTimeout: 0s}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}
kind: KubeProxyConfiguration
logging: {flushFrequency: 0, verbosity: 0}
metricsBindAddress: ""
mode: ""
nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel: {enableDSR: false}
`;

describe('a KubeProxyConfiguration', () => {
  it("may be kubeadm's, which says next to nothing", () => {
    const { conntrack, ...usual } = defaultProxyConfig(DEFAULTS);
    expect(parseProxyConfig(KUBEADMS, DEFAULTS)).toEqual({
      ...usual,
      clusterCidrs: ['10.1.0.0/16', 'fd01::/64'],
      conntrack: { ...conntrack, udpSeconds: 0, udpStreamSeconds: 0 },
    });
    expect(parseProxyConfig('', DEFAULTS)).toEqual(defaultProxyConfig(DEFAULTS));
  });

  it('takes masquerading and periods from the part of its mode', () => {
    const text = (mode: string) => `mode: ${mode}
iptables: { masqueradeAll: true, masqueradeBit: 15, syncPeriod: 1m, minSyncPeriod: 500ms }
nftables: { masqueradeBit: 16, syncPeriod: 2m }
ipvs: { syncPeriod: 3m, scheduler: wlc, strictARP: true, excludeCIDRs: [10.9.0.0/16], tcpTimeout: 15m }
`;
    expect(parseProxyConfig(text('iptables'), DEFAULTS)).toMatchObject({
      masqueradeAll: true,
      masqueradeBit: 15,
      localhostNodePorts: true,
      nodePortAddresses: [],
      periods: { syncMs: 60_000, minSyncMs: 500 },
    });
    expect(parseProxyConfig(text('nftables'), DEFAULTS)).toMatchObject({
      masqueradeAll: false,
      masqueradeBit: 16,
      localhostNodePorts: false,
      nodePortAddresses: 'primary',
      periods: { syncMs: 120_000, minSyncMs: 0 },
    });
    expect(parseProxyConfig(text('ipvs'), DEFAULTS)).toMatchObject({
      masqueradeAll: true,
      periods: { syncMs: 180_000 },
      ipvs: {
        scheduler: 'wlc',
        strictArp: true,
        excludeCidrs: ['10.9.0.0/16'],
        timeouts: { tcp: 900, tcpFin: 0, udp: 0 },
      },
    });
  });

  it('says what the pods of a node are known by', () => {
    const { detectLocal } = defaultProxyConfig(DEFAULTS);
    expect(detectLocal).toEqual({ mode: 'ClusterCIDR' });
    const parsed = (text: string) => parseProxyConfig(text, DEFAULTS);
    expect(parsed('detectLocalMode: NodeCIDR')).toMatchObject({ detectLocal: { mode: 'NodeCIDR' } });
    expect(parsed('detectLocalMode: BridgeInterface\ndetectLocal: { bridgeInterface: cni0 }')).toMatchObject({
      detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' },
    });
    expect(
      parsed('detectLocalMode: InterfaceNamePrefix\ndetectLocal: { interfaceNamePrefix: veth }'),
    ).toMatchObject({ detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' } });
  });

  it('may name networks by any address in them', () => {
    expect(
      parseProxyConfig('clusterCIDR: 10.1.2.3/16,FD01::1/64\nnodePortAddresses: [172.18.0.9/16]', DEFAULTS),
    ).toMatchObject({
      clusterCidrs: ['10.1.0.0/16', 'fd01::/64'],
      nodePortAddresses: ['172.18.0.0/16'],
    });
  });

  it.each([
    ['mode: userspace', /^mode: .*"iptables"\|"ipvs"\|"nftables"/],
    ['iptables: { masqueradeBit: 32 }', /^iptables\.masqueradeBit: /],
    ['iptables: { masqueradeAll: yes please }', /^iptables\.masqueradeAll: /],
    ['iptables: { localhostNodeports: false }', /^iptables\.localhostNodeports: unknown field$/],
    ['masqueradeAll: true', /^masqueradeAll: unknown field$/],
    ['clusterCIDR: 10.244.0.0', /^clusterCIDR\.0: not a network/],
    ['clusterCIDR: 10.1.0.0/16,10.2.0.0/16', /^clusterCIDR: more than one network of a family$/],
    ['nodePortAddresses: [primary, 10.0.0.0/8]', /^nodePortAddresses: primary stands alone$/],
    ['nodePortAddresses: [everywhere]', /^nodePortAddresses\.0: not a network/],
    ['ipvs: { scheduler: fo }', /^ipvs\.scheduler: /],
    ['ipvs: { excludeCIDRs: [10.0.0.1/99] }', /^ipvs\.excludeCIDRs\.0: not a network/],
    ['ipvs: { tcpTimeout: soon }', /^ipvs\.tcpTimeout: not a duration: "soon"/],
    ['conntrack: { maxPerCore: -1 }', /^conntrack\.maxPerCore: /],
    ['detectLocalMode: Guess', /^detectLocalMode: /],
    ['detectLocalMode: BridgeInterface', /^detectLocal\.bridgeInterface: BridgeInterface needs it$/],
    [
      'detectLocalMode: InterfaceNamePrefix\ndetectLocal: { bridgeInterface: cni0, interfaceNamePrefix: "" }',
      /^detectLocal\.interfaceNamePrefix: /,
    ],
    ['detectLocal: { device: cni0 }', /^detectLocal\.device: unknown field$/],
    ['iptables: { syncPeriod: 5s, minSyncPeriod: 6s }', /^iptables\.syncPeriod: less than minSyncPeriod$/],
    ['ipvs: { tcpTimeout: -1s }', /^ipvs\.tcpTimeout: /],
    ['kind: Pod', /^kind: /],
    ['[]', /^the document: /],
    ['{', /^not YAML: /],
  ])('is refused for %s', (text, message) => {
    const error = parseProxyConfig(text, DEFAULTS);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
  });
});
