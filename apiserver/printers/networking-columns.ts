import type {
  EndpointSlice,
  Ingress,
  IngressClass,
  IPAddress,
  Lease,
  NetworkPolicy,
  ServiceCIDR,
} from '../../openapi/generated/types.ts';
import { ageColumn, type Column, column, firstOf, nameColumn } from './column.ts';
import { selectorText } from './workload-columns.ts';

export const networkingColumns: Readonly<Record<string, readonly Column[]>> = {
  'endpointslices.discovery.k8s.io': [
    nameColumn,
    column<EndpointSlice>('AddressType', ({ addressType }) => addressType),
    column<EndpointSlice>('Ports', slicePorts),
    column<EndpointSlice>('Endpoints', ({ endpoints }) =>
      emptyAsUnset(
        firstOf(
          (endpoints ?? []).flatMap(({ addresses = [] }) => addresses),
          3,
        ),
      ),
    ),
    ageColumn,
  ],
  'ingresses.networking.k8s.io': [
    nameColumn,
    column<Ingress>('Class', ({ spec }) => spec?.ingressClassName ?? '<none>'),
    column<Ingress>('Hosts', ingressHosts),
    column<Ingress>('Address', ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').join(','),
    ),
    column<Ingress>('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  'ingressclasses.networking.k8s.io': [
    nameColumn,
    column<IngressClass>('Controller', ({ spec }) => spec?.controller),
    column<IngressClass>('Parameters', parametersText),
    ageColumn,
  ],
  'ipaddresses.networking.k8s.io': [nameColumn, column<IPAddress>('ParentRef', parentText), ageColumn],
  'servicecidrs.networking.k8s.io': [
    nameColumn,
    column<ServiceCIDR>('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')),
    ageColumn,
  ],
  'networkpolicies.networking.k8s.io': [
    nameColumn,
    column<NetworkPolicy>('Pod-Selector', ({ spec }) => selectorText(spec?.podSelector)),
    ageColumn,
  ],
  'leases.coordination.k8s.io': [
    nameColumn,
    column<Lease>('Holder', ({ spec }) => spec?.holderIdentity ?? ''),
    ageColumn,
  ],
};

function emptyAsUnset(text: string): string {
  return text === '<none>' ? '<unset>' : text;
}

function slicePorts({ ports }: EndpointSlice): string {
  if (!ports || ports.length === 0) return '<unset>';
  return firstOf(
    ports.map(({ port }) => (port === undefined ? '*' : String(port))),
    3,
  );
}

function ingressHosts({ spec }: Ingress): string {
  const hosts = (spec?.rules ?? []).flatMap(({ host }) => (host ? [host] : []));
  return hosts.length === 0 ? '*' : firstOf(hosts, 3);
}

function parametersText({ spec }: IngressClass): string {
  const { parameters } = spec ?? {};
  if (!parameters) return '<none>';
  const kind = parameters.apiGroup ? `${parameters.kind}.${parameters.apiGroup}` : (parameters.kind ?? '');
  return `${kind}/${parameters.name}`;
}

function parentText({ spec }: IPAddress): string {
  const { resource, namespace, name } = spec?.parentRef ?? {};
  return [resource, namespace, name].filter(Boolean).join('/');
}
