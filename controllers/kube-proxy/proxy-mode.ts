import { load } from 'js-yaml';
import type { ConfigMap } from '../../openapi/generated/types.ts';
import { iptablesMode } from './iptables/iptables-proxier.ts';
import { hasIptablesChain } from './iptables/node-program.ts';
import { ipvsMode } from './ipvs/ipvs-proxier.ts';
import { hasIpvsChain } from './ipvs/ipvs-rules.ts';
import { removeIptablesRules, removeIpvs, removeNftablesTable } from './leftovers.ts';
import { type NftablesModeOptions, nftablesMode } from './nftables/nftables-proxier.ts';
import type { NewProxier, ProxierOptions } from './proxier.ts';

export const PROXY_MODES = ['iptables', 'ipvs', 'nftables'] as const;
export type ProxyModeName = (typeof PROXY_MODES)[number];

export function isProxyMode(name: unknown): name is ProxyModeName {
  return (PROXY_MODES as readonly unknown[]).includes(name);
}

export interface ProxyMode {
  readonly newProxier: NewProxier;
  /** Takes out of a node what other modes wrote. */
  removeOthers(node: ProxierOptions): Promise<void>;
}

export function proxyMode(name: ProxyModeName, options: NftablesModeOptions): ProxyMode {
  switch (name) {
    case 'iptables':
      return {
        newProxier: iptablesMode(options.clusterCidr),
        removeOthers: async (node) => {
          await removeNftablesTable(node);
          await removeIptablesRules(node, hasIptablesChain);
          await removeIpvs(node);
        },
      };
    case 'ipvs':
      return {
        newProxier: ipvsMode({ clusterCidr: options.clusterCidr, scheduler: 'rr' }),
        removeOthers: async (node) => {
          await removeNftablesTable(node);
          await removeIptablesRules(node, hasIpvsChain);
        },
      };
    case 'nftables':
      return {
        newProxier: nftablesMode(options),
        removeOthers: async (node) => {
          await removeIptablesRules(node, () => false);
          await removeIpvs(node);
        },
      };
  }
}

/** Where a cluster says how its kube-proxy works, as kubeadm has it. */
export const CONFIG_MAP = { namespace: 'kube-system', name: 'kube-proxy', key: 'config.conf' } as const;

/** The mode that a KubeProxyConfiguration in a ConfigMap asks for; an error tells what is wrong with it. */
export function configuredMode({ data }: ConfigMap): ProxyModeName | undefined | Error {
  const text = data?.[CONFIG_MAP.key];
  if (text === undefined) return undefined;
  const where = `ConfigMap ${CONFIG_MAP.namespace}/${CONFIG_MAP.name}, ${CONFIG_MAP.key}`;
  let config: unknown;
  try {
    config = load(text);
  } catch (error) {
    return new Error(`${where}: ${(error as Error).message}`);
  }
  const mode = typeof config === 'object' && config !== null && 'mode' in config ? config.mode : '';
  if (mode === '' || mode === null) return undefined;
  if (isProxyMode(mode)) return mode;
  return new Error(`${where}: mode: unknown ${JSON.stringify(mode)}; use one of ${PROXY_MODES.join(', ')}`);
}
