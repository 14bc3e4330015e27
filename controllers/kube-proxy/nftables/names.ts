import type { EndpointInfo, ServicePortInfo } from '../service-port.ts';
import { shortHash } from '../short-hash.ts';

/** Names in nft are bounded too; the hash comes first so that a cut name is still the only one of its kind. */
const HASH_CHARACTERS = 8;
const MAX_NAME = 240;

/** The kinds of per-service chains, by prefix. */
export type ServiceChainKind = 'service' | 'local' | 'external' | 'firewall';

/** `service-ULMVA6XW-ns1/svc1/tcp/p80`. */
export function serviceChain(kind: ServiceChainKind, service: ServicePortInfo): string {
  return `${kind}-${hashed(portName(service))}`;
}

/** `endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80`. */
export function endpointChain(service: ServicePortInfo, endpoint: EndpointInfo): string {
  return `endpoint-${hashed(endpointName(service, endpoint))}`;
}

export function affinitySet(service: ServicePortInfo, endpoint: EndpointInfo): string {
  return `affinity-${hashed(endpointName(service, endpoint))}`;
}

/** Whether a chain is one that Services have, which comes and goes with them. */
export function isServiceChain(name: string): boolean {
  return /^(service|local|external|endpoint|firewall)-[A-Z2-7]{8}-/.test(name);
}

export function isAffinitySet(name: string): boolean {
  return name.startsWith('affinity-');
}

function portName({ name, protocol }: ServicePortInfo): string {
  const [service, port = ''] = name.split(':');
  return `${service}/${protocol}/${port}`;
}

function endpointName(service: ServicePortInfo, { ip, port }: EndpointInfo): string {
  return `${portName(service)}__${ip}/${port}`;
}

function hashed(name: string): string {
  return `${shortHash(name, HASH_CHARACTERS)}-${name}`.slice(0, MAX_NAME);
}
