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

/** What one family's Services call for; an unchanged Service keeps its objects, an unchanged whole its list. */
export class ProxiedPorts {
  readonly #family: IpFamily;
  readonly #services: ObjectStore<Service>;
  readonly #slices: ObjectStore<EndpointSlice>;
  readonly #ofService = new Map<string, readonly ProxiedPort[]>();
  #all: readonly ProxiedPort[] | undefined;

  /** `slices` must have the index `service`. */
  constructor(family: IpFamily, services: ObjectStore<Service>, slices: ObjectStore<EndpointSlice>) {
    this.#family = family;
    this.#services = services;
    this.#slices = slices;
  }

  /** A Service, or something behind it, is not what it was. */
  changed(service: string): void {
    this.#ofService.delete(service);
    this.#all = undefined;
  }

  all(): readonly ProxiedPort[] {
    this.#all ??= [...this.#services.values()]
      .flatMap((service) => this.#portsOf(service))
      .sort((a, b) => (a.service.name < b.service.name ? -1 : 1));
    return this.#all;
  }

  #portsOf(service: Service): readonly ProxiedPort[] {
    const key = objectKey(service);
    let ports = this.#ofService.get(key);
    if (!ports) {
      const endpoints = endpointsByPort(this.#slices.byIndex('service', key), this.#family);
      ports = servicePorts(service, this.#family).map((info) => {
        const portName = info.name.slice(key.length + 1);
        return { service: info, endpoints: endpoints.get(portKey(portName, info.protocol)) ?? [] };
      });
      this.#ofService.set(key, ports);
    }
    return ports;
  }
}
