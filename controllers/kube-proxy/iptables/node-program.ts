import { MARK_MASQUERADE } from './compile-service.ts';
import { comment, jump, type Rule, type TableName, verdict } from './rule.ts';
import { chainText, type ServiceText, SHARED_CHAINS, type SharedChain } from './service-text.ts';

/** 1 << masqueradeBit, kube-proxy's default. */
const MASQUERADE_MARK = 0x4000;

/** All that kube-proxy writes to one node: the chains of each Service, and those that all share. */
export interface NodeProgram {
  readonly services: ReadonlyMap<string, ServiceText>;
  readonly shared: Readonly<Record<TableName, ReadonlyMap<string, string>>>;
}

/** The program of a node for all Services. The order of chains and rules is kube-proxy's. */
export function nodeProgram(texts: readonly ServiceText[]): NodeProgram {
  const lines = Object.fromEntries(
    SHARED_CHAINS.map((chain) => [chain, texts.map((text) => text.lines[chain]).join('')]),
  ) as Record<SharedChain, string>;
  return {
    services: new Map(texts.map((text) => [text.key, text])),
    shared: {
      filter: new Map([
        ['KUBE-SERVICES', lines['filter KUBE-SERVICES']],
        ['KUBE-EXTERNAL-SERVICES', lines['filter KUBE-EXTERNAL-SERVICES']],
        fixed('KUBE-FORWARD', FORWARD),
        ['KUBE-NODEPORTS', lines['filter KUBE-NODEPORTS']],
        ['KUBE-PROXY-FIREWALL', lines['filter KUBE-PROXY-FIREWALL']],
        fixed('KUBE-FIREWALL', [BLOCK_LOCALNET]),
      ]),
      nat: new Map([
        ['KUBE-SERVICES', lines['nat KUBE-SERVICES'] + chainText('KUBE-SERVICES', [NODE_PORTS_LAST])],
        ['KUBE-NODEPORTS', lines['nat KUBE-NODEPORTS']],
        fixed('KUBE-POSTROUTING', POSTROUTING),
        fixed(MARK_MASQUERADE, [{ matches: [], target: { kind: 'mark-or', mark: MASQUERADE_MARK } }]),
      ]),
    },
  };
}

/** Whether the mode may have a chain. */
export function hasIptablesChain(table: string, chain: string): boolean {
  if (table !== 'nat' && table !== 'filter') return false;
  return (
    NO_SERVICES.shared[table].has(chain) || (table === 'nat' && /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain))
  );
}

const fixed = (chain: string, rules: readonly Rule[]): [string, string] => [chain, chainText(chain, rules)];

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

const NO_SERVICES = nodeProgram([]);
