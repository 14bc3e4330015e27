import type { RuleSettings } from './configuration/rule-settings.ts';
import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** What of a node the rules of a port depend on; undefined: nothing, they are the same on all nodes. */
export function partKey(
  { service, endpoints }: ProxiedPort,
  { nodeName, nodeIp, zone, podCidr }: ProxiedNodeFacts,
  { localDetector }: Pick<RuleSettings, 'localDetector'>,
): string | undefined {
  const hasPlace =
    service.internalLocal || service.externalLocal || endpoints.some(({ hints }) => hints !== undefined);
  const depends = [
    ...(hasPlace ? [nodeName, zone] : []),
    ...(service.loadBalancerSourceRanges.length > 0 ? [nodeIp] : []),
    ...(localDetector === 'node-cidr' ? [podCidr] : []),
  ];
  return depends.length > 0 ? depends.join(' ') : undefined;
}
