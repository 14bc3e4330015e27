import { type DefaultRole, serviceAccount, user } from './default-role.ts';
import { allow, READ } from './policy-rules.ts';

const MANAGER = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');

/** Default roles that reach one namespace (k8s rbac/bootstrappolicy/namespace_policy.go). */
export const namespacedRoles: readonly DefaultRole[] = [
  {
    name: 'extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    binding: 'system::extension-apiserver-authentication-reader',
    rules: allow(READ, 'configmaps', ['extension-apiserver-authentication']),
    subjects: [MANAGER, SCHEDULER],
  },
  {
    name: 'kube-proxy',
    namespace: 'kube-system',
    rules: allow(READ, 'configmaps', ['kube-proxy']),
    subjects: [user('system:kube-proxy')],
  },
  {
    name: 'system::leader-locking-kube-controller-manager',
    namespace: 'kube-system',
    rules: [
      ...allow('watch', 'configmaps'),
      ...allow('get,update', 'configmaps', ['kube-controller-manager']),
    ],
    subjects: [MANAGER, serviceAccount('kube-controller-manager')],
  },
  {
    name: 'system::leader-locking-kube-scheduler',
    namespace: 'kube-system',
    rules: [...allow('watch', 'configmaps'), ...allow('get,update', 'configmaps', ['kube-scheduler'])],
    subjects: [SCHEDULER, serviceAccount('kube-scheduler')],
  },
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-system',
    rules: allow(READ, 'secrets'),
    subjects: [serviceAccount('bootstrap-signer')],
  },
  {
    name: 'system:controller:cloud-provider',
    namespace: 'kube-system',
    rules: allow('create,get,list,watch', 'configmaps'),
    subjects: [serviceAccount('cloud-provider')],
  },
  {
    name: 'system:controller:token-cleaner',
    namespace: 'kube-system',
    rules: [...allow(`${READ},delete`, 'secrets')],
    subjects: [serviceAccount('token-cleaner')],
  },
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-public',
    rules: [...allow(READ, 'configmaps'), ...allow('update', 'configmaps', ['cluster-info'])],
    subjects: [serviceAccount('bootstrap-signer')],
  },
];
