import type { InformerFactory } from '../../../client/informer-factory.ts';
import type { EndpointSlice, Service } from '../../../openapi/generated/types.ts';
import { resources } from '../../../openapi/resources.ts';
import type { DnsEndpoint, DnsService, DnsState } from './dns-state.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

/** The cluster as DNS sees it, kept up to date by informers. */
export function informerDnsState(informers: InformerFactory): DnsState {
  const services = informers.for(resources.services);
  const slices = informers.for(resources.endpointslices);
  const namespaces = informers.for(resources.namespaces);
  services.store.addIndex(
    'address',
    ({ spec }) => spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : []),
  );
  slices.store.addIndex('service', (slice) => [serviceKey(slice)]);
  slices.store.addIndex('address', ({ endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
  );

  const service = (namespace: string, name: string): DnsService | undefined => {
    const found = services.store.get(`${namespace}/${name}`);
    return found && dnsService(found);
  };
  return {
    get synced() {
      return services.hasSynced && slices.hasSynced && namespaces.hasSynced;
    },
    hasNamespace: (namespace) => namespaces.store.get(namespace) !== undefined,
    service,
    endpoints: ({ namespace, name }) =>
      slices.store.byIndex('service', `${namespace}/${name}`).flatMap(dnsEndpoints),
    servicesAt: (ip) => services.store.byIndex('address', ip).map(dnsService),
    endpointsAt: (ip) =>
      slices.store.byIndex('address', ip).flatMap((slice) => {
        const [namespace = '', name = ''] = serviceKey(slice).split('/');
        const owner = service(namespace, name);
        if (!owner) return [];
        return dnsEndpoints(slice)
          .filter((endpoint) => endpoint.ip === ip)
          .map((endpoint) => ({ service: owner, endpoint }));
      }),
  };
}

function serviceKey({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`;
}

function dnsService({ metadata, spec = {} }: Service): DnsService {
  const headless = spec.clusterIP === 'None';
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    kind: spec.type === 'ExternalName' ? 'external-name' : headless ? 'headless' : 'cluster-ip',
    clusterIps: headless ? [] : (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])),
    externalName: spec.externalName ?? '',
    ports: (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port = 0 }) => ({ name, protocol, port })),
  };
}

/** A label does not end with a dash. */
const labelOf = (ip: string): string => ip.replace(/[.:]/g, '-').replace(/-$/, '-0');

/** An endpoint is shown while it is ready; an unset condition means ready (discovery/v1). */
function dnsEndpoints({ endpoints, ports }: EndpointSlice): DnsEndpoint[] {
  const served = (ports ?? []).map(({ name = '', protocol = 'TCP', port = 0 }) => ({ name, protocol, port }));
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready ?? true)
    .flatMap(({ addresses, hostname }) =>
      (addresses ?? []).map((ip) => ({ ip, label: hostname || labelOf(ip), ports: served })),
    );
}
