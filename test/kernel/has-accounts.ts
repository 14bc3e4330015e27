import { spawnSync } from 'node:child_process';

const RULE = 'iptables -t raw -A OUTPUT -m nfacct --nfacct-name probe';

/** Whether the kernel counts in nfacct objects (xt_nfacct). Where it does not, kube-proxy does without here too. */
export const HAS_ACCOUNTS =
  spawnSync('unshare', ['--net', 'sh', '-c', `nfacct add probe && ${RULE}`]).status === 0;
