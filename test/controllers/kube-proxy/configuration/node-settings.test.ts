import { expect, it } from 'vitest';
import { nodeSettings } from '../../../../controllers/kube-proxy/configuration/node-settings.ts';
import { testConfig } from '../rule-settings.ts';

const CONNTRACK = 'net.netfilter.nf_conntrack_';
const USUAL = [
  `${CONNTRACK}max=262144`,
  `${CONNTRACK}tcp_timeout_established=86400`,
  `${CONNTRACK}tcp_timeout_close_wait=3600`,
];

it('makes room for connections and opens node ports to 127.0.0.1', () => {
  const all = [...USUAL, 'net.ipv4.conf.all.route_localnet=1'];
  expect(nodeSettings(testConfig('iptables'), undefined, 8)).toEqual([['sysctl', '-w', ...all]]);
});

it.each([
  ['localhostNodePorts', { localhostNodePorts: false }],
  ['the primary address', { nodePortAddresses: 'primary' }],
  ['networks without 127.0.0.1', { nodePortAddresses: ['172.18.0.0/16'] }],
] as const)('leaves 127.0.0.1 alone because of %s', (_, more) => {
  expect(nodeSettings(testConfig('iptables', more), undefined, 1)[0]).not.toContain(
    'net.ipv4.conf.all.route_localnet=1',
  );
});

it('sets what conntrack and IPVS are told, and takes it back', () => {
  const usual = testConfig('ipvs');
  const { conntrack, ipvs } = usual;
  const special = testConfig('ipvs', {
    conntrack: { ...conntrack, maxPerCore: 0, tcpBeLiberal: true, udpSeconds: 10, udpStreamSeconds: 20 },
    ipvs: { ...ipvs, strictArp: true, timeouts: { tcp: 100, tcpFin: 0, udp: 50 } },
  });
  const [sysctl, ipvsadm] = nodeSettings(special, undefined, 1);
  expect(sysctl).toEqual(
    expect.arrayContaining([
      `${CONNTRACK}tcp_be_liberal=1`,
      `${CONNTRACK}udp_timeout=10`,
      `${CONNTRACK}udp_timeout_stream=20`,
      'net.ipv4.vs.conntrack=1',
      'net.ipv4.conf.all.arp_ignore=1',
      'net.ipv4.conf.all.arp_announce=2',
    ]),
  );
  expect(sysctl!.join()).not.toContain(`${CONNTRACK}max`);
  expect(ipvsadm).toEqual(['ipvsadm', '--set', '100', '0', '50']);

  const [back, again] = nodeSettings(usual, special, 1);
  expect(back).toEqual(
    expect.arrayContaining([
      `${CONNTRACK}tcp_be_liberal=0`,
      `${CONNTRACK}udp_timeout=30`,
      `${CONNTRACK}udp_timeout_stream=120`,
      'net.ipv4.conf.all.arp_ignore=0',
      'net.ipv4.conf.all.arp_announce=0',
    ]),
  );
  expect(again).toEqual(['ipvsadm', '--set', '900', '120', '300']);
});
