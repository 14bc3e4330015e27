import { Command } from 'commander';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { startCniIpam } from './start-cni-ipam.ts';

const command = new Command('cni-ipam')
  .option('--cluster-cidr <cidr>', 'the pod network', '10.244.0.0/16')
  .option('--node-cidr-mask-size <bits>', "prefix length of a node's share", '24');

await controllerMain<ControllerFlags & { clusterCidr: string; nodeCidrMaskSize: string }>(
  command,
  process.argv.slice(2),
  async (context, flags) => {
    await startCniIpam(context, { clusterCidr: flags.clusterCidr, nodeMask: Number(flags.nodeCidrMaskSize) });
    return undefined;
  },
);
