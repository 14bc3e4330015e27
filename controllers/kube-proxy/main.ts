import { Command, Option } from 'commander';
import { HttpsNodeShell } from '../../client/https-node-shell.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { PROXY_MODES, type ProxyModeName } from './configuration/proxy-config.ts';
import { startKubeProxy } from './start-kube-proxy.ts';

const command = new Command('kube-proxy')
  .option('--cluster-cidr <cidr>', 'the pod network', '10.244.0.0/16')
  .addOption(
    new Option('--proxy-mode <mode>', 'how Services are programmed').choices(PROXY_MODES).default('iptables'),
  );

await controllerMain<ControllerFlags & { clusterCidr: string; proxyMode: ProxyModeName }>(
  command,
  process.argv.slice(2),
  async (context, flags) => {
    const access = await readKubeconfig(flags.kubeconfig);
    await startKubeProxy(context, {
      mode: flags.proxyMode,
      clusterCidr: flags.clusterCidr,
      shellOf: (node) => new HttpsNodeShell(node, access),
    });
    return undefined;
  },
);
