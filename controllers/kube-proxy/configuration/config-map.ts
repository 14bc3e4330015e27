import type { ConfigMap } from '../../../openapi/generated/types.ts';
import { type ProxyDefaults, parseProxyConfig } from './parse-proxy-config.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** Where a cluster says how its kube-proxy works, as kubeadm has it. */
export const CONFIG_MAP = { namespace: 'kube-system', name: 'kube-proxy', key: 'config.conf' } as const;

/** What the ConfigMap asks for; undefined if it says nothing. An error tells what is wrong with it, and where. */
export function configOf({ data }: ConfigMap, defaults: ProxyDefaults): ProxyConfig | undefined | Error {
  const text = data?.[CONFIG_MAP.key];
  if (text === undefined) return undefined;
  const config = parseProxyConfig(text, defaults);
  if (!(config instanceof Error)) return config;
  return new Error(
    `ConfigMap ${CONFIG_MAP.namespace}/${CONFIG_MAP.name}, ${CONFIG_MAP.key}: ${config.message}`,
  );
}
