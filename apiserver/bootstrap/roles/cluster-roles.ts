import { type DefaultRole, group, serviceAccount, user } from './default-role.ts';
import { allow, allowPaths, READ, WRITE, WRITE_EVENTS } from './policy-rules.ts';

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to';

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/'] as const;

const WORKLOADS =
  'daemonsets.apps,deployments.apps,deployments.apps/scale,replicasets.apps,replicasets.apps/scale,statefulsets.apps,statefulsets.apps/scale';

const DELEGATED = [
  ...allow('create', 'tokenreviews.authentication.k8s.io'),
  ...allow('create', 'subjectaccessreviews.authorization.k8s.io'),
];

/**
 * The roles and bindings that users of Kubernetes expect in every cluster (k8s
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
 */
export const clusterRoles: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    rules: [...allow('*', '*.*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
    subjects: [group('system:masters')],
  },
  { name: 'admin', rules: [], aggregates: `${AGGREGATE}-admin` },
  { name: 'edit', rules: [], aggregates: `${AGGREGATE}-edit`, labels: { [`${AGGREGATE}-admin`]: 'true' } },
  { name: 'view', rules: [], aggregates: `${AGGREGATE}-view`, labels: { [`${AGGREGATE}-edit`]: 'true' } },
  {
    name: 'system:aggregate-to-admin',
    labels: { [`${AGGREGATE}-admin`]: 'true' },
    rules: [
      ...allow('create', 'localsubjectaccessreviews.authorization.k8s.io'),
      ...allow(`${READ},${WRITE}`, 'rolebindings.rbac.authorization.k8s.io,roles.rbac.authorization.k8s.io'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: { [`${AGGREGATE}-edit`]: 'true' },
    rules: [
      ...allow(READ, 'pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy'),
      ...allow('impersonate', 'serviceaccounts'),
      ...allow(WRITE, 'pods,pods/attach,pods/exec,pods/portforward,pods/proxy'),
      ...allow('create', 'pods/eviction,serviceaccounts/token'),
      ...allow(
        WRITE,
        'configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
      ),
      ...allow(WRITE, `${WORKLOADS},deployments.apps/rollback`),
      ...allow(WRITE, 'horizontalpodautoscalers.autoscaling,cronjobs.batch,jobs.batch'),
      ...allow(
        WRITE,
        'poddisruptionbudgets.policy,ingresses.networking.k8s.io,networkpolicies.networking.k8s.io',
      ),
      ...allow(`${READ},${WRITE}`, 'leases.coordination.k8s.io'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: { [`${AGGREGATE}-view`]: 'true' },
    rules: [
      ...allow(
        READ,
        'configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status',
      ),
      ...allow(
        READ,
        'bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status',
      ),
      ...allow(READ, 'namespaces,endpointslices.discovery.k8s.io'),
      ...allow(
        READ,
        `${WORKLOADS},controllerrevisions.apps,daemonsets.apps/status,deployments.apps/status,replicasets.apps/status,statefulsets.apps/status`,
      ),
      ...allow(READ, 'horizontalpodautoscalers.autoscaling,horizontalpodautoscalers.autoscaling/status'),
      ...allow(READ, 'cronjobs.batch,cronjobs.batch/status,jobs.batch,jobs.batch/status'),
      ...allow(READ, 'poddisruptionbudgets.policy,poddisruptionbudgets.policy/status'),
      ...allow(
        READ,
        'ingresses.networking.k8s.io,ingresses.networking.k8s.io/status,networkpolicies.networking.k8s.io',
      ),
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      ...allow(
        'create',
        'selfsubjectaccessreviews.authorization.k8s.io,selfsubjectrulesreviews.authorization.k8s.io',
      ),
      ...allow('create', 'selfsubjectreviews.authentication.k8s.io'),
    ],
    subjects: [group('system:authenticated')],
  },
  {
    name: 'system:discovery',
    rules: allowPaths('/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...HEALTH),
    subjects: [group('system:authenticated')],
  },
  {
    name: 'system:public-info-viewer',
    rules: allowPaths(...HEALTH),
    subjects: [group('system:authenticated'), group('system:unauthenticated')],
  },
  {
    name: 'system:monitoring',
    rules: allowPaths(
      '/healthz',
      '/healthz/*',
      '/livez',
      '/livez/*',
      '/metrics',
      '/metrics/slis',
      '/readyz',
      '/readyz/*',
    ),
    subjects: [group('system:monitoring')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: allowPaths('/.well-known/openid-configuration', '/openid/v1/jwks'),
    subjects: [group('system:serviceaccounts')],
  },
  { name: 'system:auth-delegator', rules: DELEGATED },
  { name: 'system:heapster', rules: allow(READ, 'events,namespaces,nodes,pods') },
  { name: 'system:kube-aggregator', rules: allow(READ, 'endpoints,services') },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: allow('create', 'certificatesigningrequests.certificates.k8s.io/nodeclient'),
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: allow('create', 'certificatesigningrequests.certificates.k8s.io/selfnodeclient'),
  },
  ...['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map(
    (signer) => ({
      name: `system:certificates.k8s.io:${signer}-approver`,
      rules: allow('approve', 'signers.certificates.k8s.io', [`kubernetes.io/${signer}`]),
    }),
  ),
  {
    name: 'system:kube-controller-manager',
    rules: [
      ...WRITE_EVENTS,
      ...allow('create', 'leases.coordination.k8s.io'),
      ...allow('get,update', 'leases.coordination.k8s.io', ['kube-controller-manager']),
      ...allow('create,get,update', 'secrets,serviceaccounts'),
      ...allow('delete', 'secrets'),
      ...allow('get', 'configmaps,namespaces'),
      ...DELEGATED,
      ...allow('list,watch', '*.*'),
      ...allow('create', 'serviceaccounts/token'),
    ],
    subjects: [user('system:kube-controller-manager')],
  },
  {
    name: 'system:kube-dns',
    rules: allow('list,watch', 'endpoints,services'),
    subjects: [serviceAccount('kube-dns')],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      ...WRITE_EVENTS,
      ...allow('create', 'leases.coordination.k8s.io'),
      ...allow('get,list,update,watch', 'leases.coordination.k8s.io', ['kube-scheduler']),
      ...allow(
        READ,
        'nodes,namespaces,replicationcontrollers,services,persistentvolumeclaims,persistentvolumes',
      ),
      ...allow(`${READ},delete`, 'pods'),
      ...allow('create', 'bindings,pods/binding'),
      ...allow('patch,update', 'pods/status'),
      ...allow(READ, 'replicasets.apps,statefulsets.apps,poddisruptionbudgets.policy'),
      ...DELEGATED,
      ...allow(
        READ,
        'csinodes.storage.k8s.io,csidrivers.storage.k8s.io,csistoragecapacities.storage.k8s.io,volumeattachments.storage.k8s.io',
      ),
    ],
    subjects: [user('system:kube-scheduler')],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      ...allow(`${READ},proxy`, 'nodes'),
      ...allow('*', 'nodes/log,nodes/metrics,nodes/proxy,nodes/stats'),
    ],
  },
  {
    name: 'system:node',
    rules: [
      ...DELEGATED,
      ...allow('create', 'localsubjectaccessreviews.authorization.k8s.io'),
      ...allow(READ, 'services,configmaps,secrets'),
      ...allow(`${READ},create,patch,update`, 'nodes'),
      ...allow('patch,update', 'nodes/status,pods/status'),
      ...WRITE_EVENTS,
      ...allow(`${READ},create,delete`, 'pods'),
      ...allow('create', 'pods/eviction,serviceaccounts/token'),
      ...allow('get', 'persistentvolumeclaims,persistentvolumes,endpoints'),
      ...allow(`${READ},create`, 'certificatesigningrequests.certificates.k8s.io'),
      ...allow('create,delete,get,patch,update', 'leases.coordination.k8s.io,csinodes.storage.k8s.io'),
      ...allow('get', 'volumeattachments.storage.k8s.io'),
      ...allow('get,patch,update', 'persistentvolumeclaims/status'),
      ...allow(READ, 'csidrivers.storage.k8s.io,runtimeclasses.node.k8s.io'),
    ],
    // Nodes have it through the node authorizer, each for what is its own.
    subjects: [],
  },
  {
    name: 'system:node-bootstrapper',
    rules: allow(`${READ},create`, 'certificatesigningrequests.certificates.k8s.io'),
  },
  {
    name: 'system:node-problem-detector',
    rules: [...allow('get', 'nodes'), ...allow('patch', 'nodes/status'), ...WRITE_EVENTS],
  },
  {
    name: 'system:node-proxier',
    rules: [
      ...allow('list,watch', 'endpoints,services'),
      ...allow(READ, 'nodes'),
      ...WRITE_EVENTS,
      ...allow('list,watch', 'endpointslices.discovery.k8s.io,servicecidrs.networking.k8s.io'),
    ],
    subjects: [user('system:kube-proxy')],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      ...allow(`${READ},create,delete`, 'persistentvolumes'),
      ...allow(`${READ},update`, 'persistentvolumeclaims'),
      ...allow(READ, 'storageclasses.storage.k8s.io'),
      ...allow('watch', 'events'),
      ...WRITE_EVENTS,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      ...allow(`${READ},patch,update`, 'persistentvolumes,persistentvolumeclaims'),
      ...allow(READ, 'storageclasses.storage.k8s.io'),
    ],
    subjects: [user('system:kube-scheduler')],
  },
];
