import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { STATUS } from './subresources.ts';

const networking = group('networking.k8s.io', 'v1', 'networking.v1');
const discovery = group('discovery.k8s.io', 'v1', 'discovery.v1');

/** How traffic finds its way. */
export const networkingResources = {
  ingressclasses: networking<api.IngressClass>('ingressclasses', {
    kind: 'IngressClass',
    namespaced: false,
    generation: true,
  }),
  ingresses: networking<api.Ingress>('ingresses', {
    kind: 'Ingress',
    shortNames: ['ing'],
    subresources: [STATUS],
    generation: true,
  }),
  ipaddresses: networking<api.IPAddress>('ipaddresses', {
    kind: 'IPAddress',
    namespaced: false,
    shortNames: ['ip'],
  }),
  networkpolicies: networking<api.NetworkPolicy>('networkpolicies', {
    kind: 'NetworkPolicy',
    shortNames: ['netpol'],
    generation: true,
  }),
  servicecidrs: networking<api.ServiceCIDR>('servicecidrs', {
    kind: 'ServiceCIDR',
    namespaced: false,
    subresources: [STATUS],
  }),
  endpointslices: discovery<api.EndpointSlice>('endpointslices', {
    kind: 'EndpointSlice',
    generation: true,
  }),
} as const;
