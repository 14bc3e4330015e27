import type { ProxiedPort } from '../service-port.ts';
import { compileService, type ServiceRulesOptions } from './compile-service.ts';
import { printRule } from './print-rule.ts';
import type { Rule } from './rule.ts';

/** The chains that all Services add rules to, by table and name. */
export const SHARED_CHAINS = [
  'nat KUBE-SERVICES',
  'nat KUBE-NODEPORTS',
  'filter KUBE-SERVICES',
  'filter KUBE-EXTERNAL-SERVICES',
  'filter KUBE-NODEPORTS',
  'filter KUBE-PROXY-FIREWALL',
] as const;
export type SharedChain = (typeof SHARED_CHAINS)[number];

/** One Service's port in iptables-restore's words. */
export interface ServiceText {
  /** The same for every version of a Service's port, and for no other. */
  readonly key: string;
  /** What it says, in the words of a small cluster or of a large one. */
  readonly port: ProxiedPort;
  /** Its own chains in the nat table. */
  readonly chains: ReadonlyMap<string, string>;
  /** Its lines in the chains that all Services share. */
  readonly lines: Readonly<Record<SharedChain, string>>;
  /** How many rules its own chains have. */
  readonly rules: number;
}

/** What one Service's port adds to a node's rules, printed. */
export function serviceText(port: ProxiedPort, options: ServiceRulesOptions): ServiceText {
  const rules = compileService(port, options);
  return {
    key: `${port.service.name}/${port.service.protocol}`,
    port,
    chains: new Map([...rules.chains].map(([name, chain]) => [name, chainText(name, chain)])),
    rules: [...rules.chains.values()].reduce((sum, chain) => sum + chain.length, 0),
    lines: {
      'nat KUBE-SERVICES': chainText('KUBE-SERVICES', rules.natServices),
      'nat KUBE-NODEPORTS': chainText('KUBE-NODEPORTS', rules.natNodePorts),
      'filter KUBE-SERVICES': chainText('KUBE-SERVICES', rules.filterServices),
      'filter KUBE-EXTERNAL-SERVICES': chainText('KUBE-EXTERNAL-SERVICES', rules.filterExternalServices),
      'filter KUBE-NODEPORTS': chainText('KUBE-NODEPORTS', rules.filterNodePorts),
      'filter KUBE-PROXY-FIREWALL': chainText('KUBE-PROXY-FIREWALL', rules.filterProxyFirewall),
    },
  };
}

/** Rules as lines that append them to a chain. */
export function chainText(chain: string, rules: readonly Rule[]): string {
  let text = '';
  for (const rule of rules) text += `-A ${chain} ${printRule(rule)}\n`;
  return text;
}
