import { hostPort } from '../ip-family.ts';
import type { EndpointInfo, ServicePortInfo } from '../service-port.ts';
import { shortHash } from '../short-hash.ts';

/** Chain names have room for 28 characters in all. */
const HASH_CHARACTERS = 16;

/** The kinds of per-service chains, by prefix. */
export type ServiceChainPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-';

export function serviceChain(prefix: ServiceChainPrefix, { name, protocol }: ServicePortInfo): string {
  return prefix + shortHash(name + protocol, HASH_CHARACTERS);
}

export function endpointChain({ name, protocol }: ServicePortInfo, { ip, port }: EndpointInfo): string {
  return `KUBE-SEP-${shortHash(name + protocol + hostPort(ip, port), HASH_CHARACTERS)}`;
}
