import { objectKey } from '../../client/informer.ts';
import type { ObjectStore } from '../../client/object-store.ts';
import type { EndpointSlice, Service } from '../../openapi/generated/types.ts';
import { endpointsByPort, portKey } from './endpoint-info.ts';
import type { IpFamily } from './ip-family.ts';
import { type ProxiedPort, servicePorts } from './service-port.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

/** The key of the Service that a slice belongs to. */
export function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`;
}

/** What one family's Services call for; a Service that calls for the same keeps its objects, and so does the whole. */
export class ProxiedPorts {
  readonly #family: IpFamily;
  readonly #services: ObjectStore<Service>;
  readonly #slices: ObjectStore<EndpointSlice>;
  readonly #ofService = new Map<string, readonly ProxiedPort[]>();
  /** Those of Services that may have changed. */
  readonly #doubtful = new Map<string, readonly ProxiedPort[]>();
  #all: readonly ProxiedPort[] = [];
  #isFresh = false;

  /** `slices` must have the index `service`. */
  constructor(family: IpFamily, services: ObjectStore<Service>, slices: ObjectStore<EndpointSlice>) {
    this.#family = family;
    this.#services = services;
    this.#slices = slices;
  }

  /** A Service, or something behind it, is not what it was. */
  changed(service: string): void {
    const ports = this.#ofService.get(service);
    if (ports) this.#doubtful.set(service, ports);
    this.#ofService.delete(service);
    this.#isFresh = false;
  }

  all(): readonly ProxiedPort[] {
    if (this.#isFresh) return this.#all;
    const all = [...this.#services.values()]
      .flatMap((service) => this.#portsOf(service))
      .sort((a, b) => (a.service.name < b.service.name ? -1 : 1));
    const isSame = all.length === this.#all.length && all.every((port, i) => port === this.#all[i]);
    if (!isSame) this.#all = all;
    this.#doubtful.clear();
    this.#isFresh = true;
    return this.#all;
  }

  #portsOf(service: Service): readonly ProxiedPort[] {
    const key = objectKey(service);
    let ports = this.#ofService.get(key);
    if (!ports) {
      const endpoints = endpointsByPort(this.#slices.byIndex('service', key), this.#family);
      const now = servicePorts(service, this.#family).map((info) => {
        const portName = info.name.slice(key.length + 1);
        return { service: info, endpoints: endpoints.get(portKey(portName, info.protocol)) ?? [] };
      });
      const before = this.#doubtful.get(key);
      ports = before && JSON.stringify(before) === JSON.stringify(now) ? before : now;
      this.#ofService.set(key, ports);
    }
    return ports;
  }
}
