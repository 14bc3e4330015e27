import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { STATUS } from './subresources.ts';

const admissionregistration = group('admissionregistration.k8s.io', 'v1', 'admissionregistration.v1');
const apiextensions = group('apiextensions.k8s.io', 'v1', 'apiextensions.v1');
const apiregistration = group('apiregistration.k8s.io', 'v1', 'apiregistration.v1');

/** How others extend the API. */
export const extensionResources = {
  mutatingwebhookconfigurations: admissionregistration<api.MutatingWebhookConfiguration>(
    'mutatingwebhookconfigurations',
    {
      kind: 'MutatingWebhookConfiguration',
      namespaced: false,
      categories: ['api-extensions'],
      generation: true,
    },
  ),
  validatingadmissionpolicies: admissionregistration<api.ValidatingAdmissionPolicy>(
    'validatingadmissionpolicies',
    {
      kind: 'ValidatingAdmissionPolicy',
      namespaced: false,
      categories: ['api-extensions'],
      subresources: [STATUS],
      generation: true,
    },
  ),
  validatingadmissionpolicybindings: admissionregistration<api.ValidatingAdmissionPolicyBinding>(
    'validatingadmissionpolicybindings',
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      namespaced: false,
      categories: ['api-extensions'],
      generation: true,
    },
  ),
  validatingwebhookconfigurations: admissionregistration<api.ValidatingWebhookConfiguration>(
    'validatingwebhookconfigurations',
    {
      kind: 'ValidatingWebhookConfiguration',
      namespaced: false,
      categories: ['api-extensions'],
      generation: true,
    },
  ),
  customresourcedefinitions: apiextensions<api.CustomResourceDefinition>('customresourcedefinitions', {
    kind: 'CustomResourceDefinition',
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: [STATUS],
    generation: true,
  }),
  apiservices: apiregistration<api.APIService>('apiservices', {
    kind: 'APIService',
    namespaced: false,
    categories: ['api-extensions'],
    subresources: [STATUS],
  }),
} as const;
