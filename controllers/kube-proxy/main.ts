import { Command } from 'commander';
import { HttpsNodeShell } from '../../client/https-node-shell.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { startKubeProxy } from './start-kube-proxy.ts';

const command = new Command('kube-proxy').option('--cluster-cidr <cidr>', 'the pod network', '10.244.0.0/16');

await controllerMain<ControllerFlags & { clusterCidr: string }>(
  command,
  process.argv.slice(2),
  async (context, flags) => {
    const access = await readKubeconfig(flags.kubeconfig);
    await startKubeProxy(context, {
      clusterCidr: flags.clusterCidr,
      shellOf: (node) => new HttpsNodeShell(node, access),
    });
    return undefined;
  },
);
