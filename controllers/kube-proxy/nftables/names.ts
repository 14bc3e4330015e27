import type { EndpointInfo } from '../endpoint-info.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { shortHash } from '../short-hash.ts';

/** Names in nft are bounded too; the hash comes first so that a cut name is still the only one of its kind. */
const HASH_CHARACTERS = 8;
const MAX_NAME = 240;

/** The kinds of per-service chains, by prefix. */
export type ServiceChainKind = 'service' | 'local' | 'external' | 'firewall';

/** The names of what one Service's port has in the table; each is hashed once. */
export class ServiceNames {
  readonly #port: string;
  readonly #hashed: string;
  readonly #endpoints = new Map<EndpointInfo, string>();

  constructor({ name, protocol }: ServicePortInfo) {
    const [service, port = ''] = name.split(':');
    this.#port = `${service}/${protocol}/${port}`;
    this.#hashed = hashed(this.#port);
  }

  /** `service-ULMVA6XW-ns1/svc1/tcp/p80`. */
  chain(kind: ServiceChainKind): string {
    return `${kind}-${this.#hashed}`;
  }

  /** `endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80`; names have no colons. */
  endpointChain(endpoint: EndpointInfo): string {
    return `endpoint-${this.#endpoint(endpoint)}`;
  }

  affinitySet(endpoint: EndpointInfo): string {
    return `affinity-${this.#endpoint(endpoint)}`;
  }

  #endpoint(endpoint: EndpointInfo): string {
    let name = this.#endpoints.get(endpoint);
    if (name === undefined) {
      name = hashed(`${this.#port}__${endpoint.ip.replaceAll(':', '.')}/${endpoint.port}`);
      this.#endpoints.set(endpoint, name);
    }
    return name;
  }
}

/** Whether a chain is one that Services have, which comes and goes with them. */
export function isServiceChain(name: string): boolean {
  return /^(service|local|external|endpoint|firewall)-[A-Z2-7]{8}-/.test(name);
}

export function isAffinitySet(name: string): boolean {
  return name.startsWith('affinity-');
}

/** hashAndTruncate: a name that is cut ends with dots. */
function hashed(name: string): string {
  const whole = `${shortHash(name, HASH_CHARACTERS)}-${name}`;
  return whole.length > MAX_NAME ? `${whole.slice(0, MAX_NAME - 3)}...` : whole;
}
