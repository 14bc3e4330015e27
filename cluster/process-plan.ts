import { join } from 'node:path';
import { apiServiceIp, type ClusterConfig, HOST_IP, hostGateways, nodePlaces } from './cluster-config.ts';

/** One process of a cluster: what runs, and as whom. */
export interface ProcessPlan {
  /** As it is called in cluster.json and in logs. */
  readonly name: string;
  /** The bundle that is run: dist/<program>.js. */
  readonly program: string;
  /** Who it is to the API server; left out for the API server itself. */
  readonly user?: { readonly commonName: string; readonly organizations?: readonly string[] };
  /** Names of the server certificate it needs, if it serves TLS. */
  readonly serverNames?: readonly string[];
  readonly args: (files: ProcessFiles) => readonly string[];
  /** A node that dies stays dead until somebody starts it again; everything else is started at once. */
  readonly restart: 'always' | 'never';
}

/** Paths that a process's arguments name. */
export interface ProcessFiles {
  readonly kubeconfig: string;
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly kubeletClientCert: string;
  readonly kubeletClientKey: string;
  /** The authority's own key: for the one process that signs certificate requests. */
  readonly caKey: string;
  /** What service account tokens are signed with. */
  readonly serviceAccountKey: string;
}

/** What a cluster has on this machine's disk. */
export interface ClusterFolders {
  /** Where objects are kept; undefined: in memory only. */
  readonly storage: string | undefined;
  /** Where each node finds its static pods, in a folder of its own name. */
  readonly staticPods: string | undefined;
}

/** All processes of a cluster, in the order they are started. */
export function processPlans(
  config: ClusterConfig,
  { storage, staticPods }: ClusterFolders,
): readonly ProcessPlan[] {
  return [
    apiserver(config, storage),
    controller('service-ip-allocator', 'podwire:service-ip-allocator', {
      serverNames: ['127.0.0.1', 'localhost'],
      args: ({ ca, serverCert, serverKey }) => [
        `--service-cidr=${config.serviceCidr}`,
        `--node-port-range=${config.nodePortRange}`,
        `--ca-file=${ca}`,
        `--tls-cert-file=${serverCert}`,
        `--tls-private-key-file=${serverKey}`,
      ],
    }),
    controller('cni-ipam', 'podwire:cni-ipam', { args: () => [`--cluster-cidr=${config.clusterCidr}`] }),
    ...agents(config, staticPods),
    controller('coredns', 'system:coredns', {
      args: () => [
        `--listen=127.0.0.1:${config.dnsPort}`,
        `--cluster-domain=${config.clusterDomain}`,
        `--cluster-dns=${config.clusterDns}`,
      ],
    }),
    controller('controller-manager', 'podwire:controller-manager', {
      args: ({ ca, caKey }) => [
        `--root-ca-file=${ca}`,
        `--cluster-signing-cert-file=${ca}`,
        `--cluster-signing-key-file=${caKey}`,
        `--node-monitor-grace-period=${config.nodeMonitorGracePeriod}`,
      ],
    }),
    controller('endpoints', 'podwire:endpoints', {}),
    controller('kube-proxy', 'system:kube-proxy', {
      args: () => [`--cluster-cidr=${config.clusterCidr}`, `--proxy-mode=${config.proxyMode}`],
    }),
  ];
}

function apiserver(config: ClusterConfig, storage: string | undefined): ProcessPlan {
  return {
    name: 'apiserver',
    program: 'apiserver',
    serverNames: [
      '127.0.0.1',
      'localhost',
      HOST_IP,
      apiServiceIp(config),
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${config.clusterDomain}`,
    ],
    restart: 'always',
    args: (files) => [
      '--bind-address=127.0.0.1',
      `--secure-port=${config.port}`,
      `--tls-cert-file=${files.serverCert}`,
      `--tls-private-key-file=${files.serverKey}`,
      `--client-ca-file=${files.ca}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      `--service-account-issuer=https://kubernetes.default.svc.${config.clusterDomain}`,
      `--kubelet-client-certificate=${files.kubeletClientCert}`,
      `--kubelet-client-key=${files.kubeletClientKey}`,
      `--kubelet-certificate-authority=${files.ca}`,
      `--service-cluster-ip-range=${config.serviceCidr}`,
      `--advertise-address=${HOST_IP}`,
      `--default-not-ready-toleration-seconds=${config.notReadyTolerationSeconds}`,
      `--default-unreachable-toleration-seconds=${config.unreachableTolerationSeconds}`,
      ...(storage === undefined ? [] : [`--data-dir=${storage}`]),
    ],
  };
}

function controller(
  name: string,
  commonName: string,
  options: {
    readonly serverNames?: readonly string[];
    readonly args?: (files: ProcessFiles) => readonly string[];
  },
): ProcessPlan {
  const { serverNames, args = () => [] } = options;
  return {
    name,
    program: name,
    user: { commonName },
    restart: 'always',
    args: (files) => [`--kubeconfig=${files.kubeconfig}`, ...args(files)],
    ...(serverNames ? { serverNames } : {}),
  };
}

function agents(config: ClusterConfig, staticPods: string | undefined): ProcessPlan[] {
  return nodePlaces(config).map(({ name, addresses, hostAddress }) => ({
    name: `agent-${name}`,
    program: 'agent',
    user: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
    serverNames: [name, hostAddress],
    restart: 'never',
    args: (files) => [
      `--kubeconfig=${files.kubeconfig}`,
      `--node-name=${name}`,
      `--node-address=${addresses.join(',')}`,
      `--host-address=${hostAddress}`,
      `--host-gateway=${hostGateways(config).join(',')}`,
      `--client-ca-file=${files.ca}`,
      `--tls-cert-file=${files.serverCert}`,
      `--tls-private-key-file=${files.serverKey}`,
      `--cluster-cidr=${config.clusterCidr}`,
      `--service-cidr=${config.serviceCidr}`,
      `--cluster-dns=${config.clusterDns}`,
      `--cluster-domain=${config.clusterDomain}`,
      `--node-lease-renew-interval=${config.nodeLeaseRenewInterval}`,
      ...(staticPods === undefined ? [] : [`--pod-manifest-path=${join(staticPods, name)}`]),
    ],
  }));
}
