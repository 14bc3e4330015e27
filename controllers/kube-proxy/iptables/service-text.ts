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

/** One Service's port in iptables-restore's words. Two of the same text may be told apart by identity. */
export interface ServiceText {
  /** The same for every version of a Service's port, and for no other. */
  readonly key: string;
  /** Its own chains in the nat table. */
  readonly chains: ReadonlyMap<string, string>;
  /** Its lines in the chains that all Services share. */
  readonly lines: Readonly<Record<SharedChain, string>>;
}

/**
 * The texts of all Services, made once for each version of a port: for all nodes together, or for each node
 * where the node itself counts.
 */
export class ServiceTexts {
  readonly #clusterCidr: string;
  readonly #everywhere = new WeakMap<ProxiedPort, ServiceText>();
  readonly #onNode = new WeakMap<ProxiedPort, Map<string, ServiceText>>();

  constructor(clusterCidr: string) {
    this.#clusterCidr = clusterCidr;
  }

  of(port: ProxiedPort, nodeName: string): ServiceText {
    const options = { nodeName, clusterCidr: this.#clusterCidr };
    if (!dependsOnNode(port)) return remember(this.#everywhere, port, () => serviceText(port, options));
    const nodes = remember(this.#onNode, port, () => new Map<string, ServiceText>());
    return remember(nodes, nodeName, () => serviceText(port, options));
  }
}

/** Whether two nodes may have different rules for a port. */
export function dependsOnNode({ service }: ProxiedPort): boolean {
  return service.internalLocal || service.externalLocal;
}

interface Memory<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

function remember<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  let value = memory.get(key);
  if (value === undefined) {
    value = make();
    memory.set(key, value);
  }
  return value;
}

function serviceText(port: ProxiedPort, options: ServiceRulesOptions): ServiceText {
  const rules = compileService(port, options);
  return {
    key: `${port.service.name}/${port.service.protocol}`,
    chains: new Map([...rules.chains].map(([name, chain]) => [name, chainText(name, chain)])),
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
