import { Command } from 'commander';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { startCniIpam } from './start-cni-ipam.ts';

const command = new Command('cni-ipam')
  .option('--cluster-cidr <cidrs>', 'the pod networks, one of each family', '10.244.0.0/16')
  .option('--node-cidr-mask-size <bits>', "prefix length of a node's share of the IPv4 network", '24')
  .option('--node-cidr-mask-size-ipv6 <bits>', 'the same of the IPv6 network', '64');

await controllerMain<
  ControllerFlags & { clusterCidr: string; nodeCidrMaskSize: string; nodeCidrMaskSizeIpv6: string }
>(command, process.argv.slice(2), async (context, flags) => {
  await startCniIpam(
    context,
    flags.clusterCidr.split(',').map((clusterCidr) => ({
      clusterCidr,
      nodeMask: Number(clusterCidr.includes(':') ? flags.nodeCidrMaskSizeIpv6 : flags.nodeCidrMaskSize),
    })),
  );
  return undefined;
});
