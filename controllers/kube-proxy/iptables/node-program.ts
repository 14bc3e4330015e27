import type { RuleSettings } from '../configuration/rule-settings.ts';
import { IPV4 } from '../ip-family.ts';
import { INVALID_DROPPED } from './accounts.ts';
import { MARK_MASQUERADE } from './compile-service.ts';
import { comment, jump, type Match, type Rule, type TableName, verdict } from './rule.ts';
import { chainText, type ServiceText, SHARED_CHAINS, type SharedChain } from './service-text.ts';

/** All that kube-proxy writes to one node: the chains of each Service, and those that all share. */
export interface NodeProgram {
  /** So many endpoints that nothing is written twice. */
  readonly isLarge: boolean;
  readonly services: ReadonlyMap<string, ServiceText>;
  readonly shared: Readonly<Record<TableName, ReadonlyMap<string, string>>>;
  /** How many rules there are. */
  readonly rules: Readonly<Record<TableName, number>>;
}

/** What a node's program is made from besides its Services. */
export interface NodeProgramOptions {
  readonly settings: RuleSettings;
  /** The node's addresses that have node ports; undefined: all. */
  readonly nodePortIps: readonly string[] | undefined;
  readonly isLarge: boolean;
  readonly hasAccounts: boolean;
}

/** The program of a node for all Services. The order of chains and rules is kube-proxy's. */
export function nodeProgram(
  texts: readonly ServiceText[],
  { settings, nodePortIps, isLarge, hasAccounts }: NodeProgramOptions,
): NodeProgram {
  const lines = Object.fromEntries(
    SHARED_CHAINS.map((chain) => [chain, texts.map((text) => text.lines[chain]).join('')]),
  ) as Record<SharedChain, string>;
  const { masqueradeMark: mark } = settings;
  const last = chainText('KUBE-SERVICES', toNodePorts(settings, nodePortIps));
  const shared = {
    filter: new Map([
      ['KUBE-SERVICES', lines['filter KUBE-SERVICES']],
      ['KUBE-EXTERNAL-SERVICES', lines['filter KUBE-EXTERNAL-SERVICES']],
      fixed('KUBE-FORWARD', forwardRules(settings, hasAccounts)),
      ['KUBE-NODEPORTS', lines['filter KUBE-NODEPORTS']],
      ['KUBE-PROXY-FIREWALL', lines['filter KUBE-PROXY-FIREWALL']],
      ...(settings.localhostNodePorts ? [fixed(KUBELETS_FIREWALL, [BLOCK_LOCALNET])] : []),
    ]),
    nat: new Map([
      ['KUBE-SERVICES', lines['nat KUBE-SERVICES'] + last],
      ['KUBE-NODEPORTS', lines['nat KUBE-NODEPORTS']],
      fixed('KUBE-POSTROUTING', postroutingRules(mark)),
      fixed(MARK_MASQUERADE, [{ matches: [], target: { kind: 'mark-or', mark } }]),
    ]),
  };
  const own = texts.reduce((sum, { rules }) => sum + rules, 0);
  return {
    isLarge,
    services: new Map(texts.map((text) => [text.key, text])),
    shared,
    rules: { filter: countRules(shared.filter.values()), nat: own + countRules(shared.nat.values()) },
  };
}

/** How many rules texts for iptables-restore append. */
export function countRules(texts: Iterable<string>): number {
  let count = 0;
  for (const text of texts)
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** If it is gone somebody has flushed the rules. */
export const CANARY = 'KUBE-PROXY-CANARY';

/** The kubelet has the same chain with the same rule: it is filled where it is needed, and never emptied. */
export const KUBELETS_FIREWALL = 'KUBE-FIREWALL';

/** Whether the mode may have a chain. */
export function hasIptablesChain(table: string, chain: string): boolean {
  if (chain === CANARY) return true;
  if (table === 'nat')
    return (
      /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain) ||
      ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', MARK_MASQUERADE].includes(chain)
    );
  return (
    table === 'filter' &&
    [
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-FORWARD',
      'KUBE-NODEPORTS',
      'KUBE-PROXY-FIREWALL',
      KUBELETS_FIREWALL,
    ].includes(chain)
  );
}

const fixed = (chain: string, rules: readonly Rule[]): [string, string] => [chain, chainText(chain, rules)];

/** 127.0.0.1 has node ports only where route_localnet lets its packets out; ::1 never has. */
function toNodePorts(
  { family, localhostNodePorts }: RuleSettings,
  nodePortIps: readonly string[] | undefined,
): Rule[] {
  const toNodePort = (...destination: Match[]): Rule => ({
    matches: [
      comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain'),
      ...destination,
    ],
    target: jump('KUBE-NODEPORTS'),
  });
  if (nodePortIps === undefined) {
    const local: Match = { kind: 'address-type', side: 'dst', type: 'LOCAL' };
    const others: Match = { kind: 'destination', cidr: family.loopback, negated: true };
    return [localhostNodePorts ? toNodePort(local) : toNodePort(local, others)];
  }
  return nodePortIps
    .filter((ip) => localhostNodePorts || !isLoopback(ip))
    .map((cidr) => toNodePort({ kind: 'destination', cidr }));
}

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1';

/** The mark is cleared so that a packet which passes here again is judged anew. */
const postroutingRules = (mark: number): readonly Rule[] => [
  { matches: [{ kind: 'mark', mark, negated: true }], target: verdict('RETURN') },
  { matches: [], target: { kind: 'mark-xor', mark } },
  { matches: [comment('kubernetes service traffic requiring SNAT')], target: { kind: 'masquerade' } },
];

const DROP_INVALID: Rule = {
  matches: [{ kind: 'state', states: 'INVALID' }],
  target: verdict('DROP'),
};
const COUNT_INVALID: Rule = {
  ...DROP_INVALID,
  matches: [...DROP_INVALID.matches, { kind: 'account', name: INVALID_DROPPED }],
};

const forwardRules = (
  { masqueradeMark, tcpBeLiberal }: RuleSettings,
  hasAccounts: boolean,
): readonly Rule[] => [
  ...(tcpBeLiberal ? [] : [hasAccounts ? COUNT_INVALID : DROP_INVALID]),
  {
    matches: [comment('kubernetes forwarding rules'), { kind: 'mark', mark: masqueradeMark }],
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
    { kind: 'destination', cidr: IPV4.loopback },
    { kind: 'source', cidr: IPV4.loopback, negated: true },
    { kind: 'state', states: 'RELATED,ESTABLISHED,DNAT', negated: true },
  ],
  target: verdict('DROP'),
};
