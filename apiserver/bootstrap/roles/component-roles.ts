import { type DefaultRole, group, user } from './default-role.ts';
import { allow, READ, WRITE, WRITE_EVENTS } from './policy-rules.ts';

/** The least that each process of podwire needs, by its user name. */
export const componentRoles: readonly DefaultRole[] = [
  {
    name: 'podwire:controller-manager',
    rules: [
      // Namespace deletion and garbage collection reach every kind; finalizers are taken off by patch.
      ...allow(`${READ},delete,deletecollection,patch,update`, '*.*'),
      ...allow('create', 'pods,pods/binding,pods/eviction,serviceaccounts,configmaps,replicasets.apps'),
      ...allow('create', 'controllerrevisions.apps'),
      ...allow(
        'patch,update',
        'pods/status,nodes/status,poddisruptionbudgets.policy/status,deployments.apps/status,replicasets.apps/status,daemonsets.apps/status',
      ),
      ...allow('update', 'namespaces/finalize,namespaces/status'),
      ...allow('escalate', 'clusterroles.rbac.authorization.k8s.io'),
      ...allow(
        'update',
        'certificatesigningrequests.certificates.k8s.io/approval,certificatesigningrequests.certificates.k8s.io/status',
      ),
      ...allow('sign', 'signers.certificates.k8s.io', [
        'kubernetes.io/kube-apiserver-client',
        'kubernetes.io/kube-apiserver-client-kubelet',
        'kubernetes.io/kubelet-serving',
      ]),
      ...WRITE_EVENTS,
    ],
    subjects: [user('podwire:controller-manager')],
  },
  {
    // What a network plugin's agent needs to reach the pods of other nodes.
    name: 'podwire:node-routes',
    rules: allow(READ, 'nodes'),
    subjects: [group('system:nodes')],
  },
  {
    name: 'podwire:endpoints',
    rules: [
      ...allow(READ, 'services,pods,nodes,namespaces'),
      ...allow(`${READ},${WRITE}`, 'endpoints,endpointslices.discovery.k8s.io'),
      ...WRITE_EVENTS,
    ],
    subjects: [user('podwire:endpoints')],
  },
  {
    name: 'podwire:service-ip-allocator',
    rules: [
      ...allow(`${READ},patch,update`, 'services'),
      ...allow(`${READ},${WRITE}`, 'ipaddresses.networking.k8s.io'),
      ...allow(`${READ},${WRITE}`, 'mutatingwebhookconfigurations.admissionregistration.k8s.io'),
      ...allow(
        `${READ},patch,update`,
        'servicecidrs.networking.k8s.io,servicecidrs.networking.k8s.io/status',
      ),
      ...WRITE_EVENTS,
    ],
    subjects: [user('podwire:service-ip-allocator')],
  },
  {
    name: 'podwire:cni-ipam',
    rules: [
      ...allow(`${READ},patch,update`, 'nodes'),
      ...allow('patch,update', 'nodes/status'),
      ...allow(READ, 'pods'),
      ...WRITE_EVENTS,
    ],
    subjects: [user('podwire:cni-ipam')],
  },
  {
    name: 'system:coredns',
    rules: allow('list,watch', 'services,pods,namespaces,endpointslices.discovery.k8s.io'),
    subjects: [user('system:coredns')],
  },
];
