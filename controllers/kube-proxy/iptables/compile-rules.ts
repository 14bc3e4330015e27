import type { ProxiedPort } from '../service-port.ts';
import { compileService, MARK_MASQUERADE, type ServiceRulesOptions } from './compile-service.ts';
import { comment, jump, type Rule, type RuleSet, verdict } from './rule.ts';

/** 1 << masqueradeBit, kube-proxy's default. */
export const MASQUERADE_MARK = 0x4000;

/** All rules of a node for all Services. The order of chains and rules is kube-proxy's. */
export function compileRules(ports: readonly ProxiedPort[], options: ServiceRulesOptions): RuleSet {
  const compiled = ports.map((port) => compileService(port, options));
  const nat = new Map<string, readonly Rule[]>([
    ['KUBE-SERVICES', [...compiled.flatMap(({ natServices }) => natServices), NODE_PORTS_LAST]],
    ['KUBE-NODEPORTS', compiled.flatMap(({ natNodePorts }) => natNodePorts)],
    ['KUBE-POSTROUTING', POSTROUTING],
    [MARK_MASQUERADE, [{ matches: [], target: { kind: 'mark-or', mark: MASQUERADE_MARK } }]],
  ]);
  for (const { chains } of compiled) for (const [name, rules] of chains) nat.set(name, rules);
  const filter = new Map<string, readonly Rule[]>([
    ['KUBE-SERVICES', compiled.flatMap(({ filterServices }) => filterServices)],
    ['KUBE-EXTERNAL-SERVICES', compiled.flatMap(({ filterExternalServices }) => filterExternalServices)],
    ['KUBE-FORWARD', FORWARD],
    ['KUBE-NODEPORTS', compiled.flatMap(({ filterNodePorts }) => filterNodePorts)],
    ['KUBE-PROXY-FIREWALL', compiled.flatMap(({ filterProxyFirewall }) => filterProxyFirewall)],
    ['KUBE-FIREWALL', [BLOCK_LOCALNET]],
  ]);
  return { filter, nat };
}

const NODE_PORTS_LAST: Rule = {
  matches: [
    comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain'),
    { kind: 'address-type', side: 'dst', type: 'LOCAL' },
  ],
  target: jump('KUBE-NODEPORTS'),
};

/** The mark is cleared so that a packet which passes here again is judged anew. */
const POSTROUTING: readonly Rule[] = [
  { matches: [{ kind: 'mark', mark: MASQUERADE_MARK, negated: true }], target: verdict('RETURN') },
  { matches: [], target: { kind: 'mark-xor', mark: MASQUERADE_MARK } },
  { matches: [comment('kubernetes service traffic requiring SNAT')], target: { kind: 'masquerade' } },
];

const FORWARD: readonly Rule[] = [
  { matches: [{ kind: 'state', states: 'INVALID' }], target: verdict('DROP') },
  {
    matches: [comment('kubernetes forwarding rules'), { kind: 'mark', mark: MASQUERADE_MARK }],
    target: verdict('ACCEPT'),
  },
  {
    matches: [
      comment('kubernetes forwarding conntrack rule'),
      { kind: 'state', states: 'RELATED,ESTABLISHED' },
    ],
    target: verdict('ACCEPT'),
  },
];

/** route_localnet opens 127.0.0.0/8 to neighbours; this closes it again (CVE-2020-8558). */
const BLOCK_LOCALNET: Rule = {
  matches: [
    comment('block incoming localnet connections'),
    { kind: 'destination', cidr: '127.0.0.0/8' },
    { kind: 'source', cidr: '127.0.0.0/8', negated: true },
    { kind: 'state', states: 'RELATED,ESTABLISHED,DNAT', negated: true },
  ],
  target: verdict('DROP'),
};
