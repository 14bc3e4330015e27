import type { EndpointInfo } from '../endpoint-info.ts';
import { hostPort } from '../ip-family.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { shortHash } from '../short-hash.ts';

/** Chain names have room for 28 characters in all. */
const HASH_CHARACTERS = 16;

/** The kinds of per-service chains, by prefix. */
export type ServiceChainPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-';

/** The names of the chains of one Service's port; each is hashed once. */
export class ChainNames {
  readonly #port: string;
  readonly #hashed: string;
  readonly #endpoints = new Map<EndpointInfo, string>();

  constructor({ name, protocol }: ServicePortInfo) {
    this.#port = name + protocol;
    this.#hashed = shortHash(this.#port, HASH_CHARACTERS);
  }

  /** `KUBE-SVC-XPGD46QRK7WJZT7O`. */
  service(prefix: ServiceChainPrefix): string {
    return prefix + this.#hashed;
  }

  /** `KUBE-SEP-SXIVWICOYRO3J4NJ`. */
  endpoint(endpoint: EndpointInfo): string {
    let name = this.#endpoints.get(endpoint);
    if (name === undefined) {
      const { ip, port } = endpoint;
      name = `KUBE-SEP-${shortHash(this.#port + hostPort(ip, port), HASH_CHARACTERS)}`;
      this.#endpoints.set(endpoint, name);
    }
    return name;
  }
}
