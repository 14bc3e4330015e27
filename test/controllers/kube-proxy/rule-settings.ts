import { defaultProxyConfig } from '../../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import type {
  ProxyConfig,
  ProxyModeName,
} from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import {
  type RuleSettings,
  ruleSettings,
} from '../../../controllers/kube-proxy/configuration/rule-settings.ts';
import { IPV4 } from '../../../controllers/kube-proxy/ip-family.ts';

export const CLUSTER_CIDRS = ['10.244.0.0/16', 'fd00:244::/56'];

/** A configuration for tests: what is not given is the default. */
export function testConfig(mode: ProxyModeName, more: Partial<ProxyConfig> = {}): ProxyConfig {
  return { ...defaultProxyConfig({ mode, clusterCidrs: CLUSTER_CIDRS }), ...more };
}

export function testSettings(
  mode: ProxyModeName,
  more: Partial<ProxyConfig> = {},
  family = IPV4,
): RuleSettings {
  return ruleSettings(testConfig(mode, more), family);
}
