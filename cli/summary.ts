import { relative } from 'node:path';
import { type ClusterConfig, nodePlaces } from '../cluster/cluster-config.ts';
import type { StateDirectory } from '../cluster/state-directory.ts';
import type { Supervisor } from '../cluster/supervisor.ts';

/** What a user needs to know once the cluster works: where things are, and what to type next. */
export function summary(options: {
  readonly config: ClusterConfig;
  readonly supervisor: Supervisor;
  readonly state: StateDirectory;
  readonly seconds: number;
}): string {
  const { config, supervisor, state, seconds } = options;
  const kubeconfig = relative(process.cwd(), state.kubeconfig);
  const [dnsAddress, dnsPort] = supervisor.dns.split(':');
  const nodes = nodePlaces(config);
  const shown = nodes
    .slice(0, 5)
    .map(({ name, ip, hostAddress }) => `  ${name}  ${ip}  on this machine ${hostAddress}`);
  return [
    '',
    `The cluster works (${seconds.toFixed(1)} s).`,
    ...shown,
    ...(nodes.length > shown.length ? [`  … and ${nodes.length - shown.length} more`] : []),
    '',
    'Next, in another terminal:',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get nodes -o wide',
    '  kubectl apply -f examples/web.yaml',
    `  curl http://${nodes[0]?.hostAddress}:30080/`,
    `  dig @${dnsAddress} -p ${dnsPort} web.default.svc.${config.clusterDomain}`,
    '  npx podwire node node-1 -- iptables-save -t nat',
    '',
    'Ctrl-C or "podwire down" stops it.',
  ].join('\n');
}
