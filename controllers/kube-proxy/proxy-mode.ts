import type { ProxyConfig } from './configuration/proxy-config.ts';
import { ruleSettings } from './configuration/rule-settings.ts';
import type { IpFamily } from './ip-family.ts';
import { iptablesMode } from './iptables/iptables-proxier.ts';
import { hasIptablesChain } from './iptables/node-program.ts';
import { ipvsMode } from './ipvs/ipvs-proxier.ts';
import { hasIpvsChain } from './ipvs/ipvs-rules.ts';
import { removeIptablesRules, removeIpvs, removeNftablesTable } from './leftovers.ts';
import { nftablesMode } from './nftables/nftables-proxier.ts';
import type { NewProxier, ProxierOptions } from './proxier.ts';

/** How one family of a configuration's mode is programmed. */
export interface ProxyMode {
  readonly newProxier: NewProxier;
  /** Takes out of a node what other modes wrote. */
  removeOthers(node: ProxierOptions): Promise<void>;
}

export interface ProxyModeEnvironment {
  /** The networks that a family's ClusterIPs come from, as of now. */
  readonly serviceCidrs: (family: IpFamily) => readonly string[];
  /** Milliseconds. */
  readonly now: () => number;
}

export function proxyMode(
  config: ProxyConfig,
  family: IpFamily,
  environment: ProxyModeEnvironment,
): ProxyMode {
  const settings = ruleSettings(config, family);
  switch (config.mode) {
    case 'iptables':
      return {
        newProxier: iptablesMode({ settings, periods: config.periods, now: environment.now }),
        removeOthers: async (node) => {
          await removeNftablesTable(node, family);
          await removeIptablesRules(node, family, hasIptablesChain);
          await removeIpvs(node, family);
        },
      };
    case 'ipvs':
      return {
        newProxier: ipvsMode({ settings, ipvs: config.ipvs, periods: config.periods, now: environment.now }),
        removeOthers: async (node) => {
          await removeNftablesTable(node, family);
          await removeIptablesRules(node, family, hasIpvsChain);
        },
      };
    case 'nftables':
      return {
        newProxier: nftablesMode({ settings, ...environment }),
        removeOthers: async (node) => {
          await removeIptablesRules(node, family, () => false);
          await removeIpvs(node, family);
        },
      };
  }
}
