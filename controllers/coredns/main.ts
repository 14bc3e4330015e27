import { Command } from 'commander';
import { systemHostNetwork } from '../../platform/system-host-network.ts';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { readResolvConf } from './forward/read-resolv-conf.ts';
import { startCoredns } from './start-coredns.ts';

const command = new Command('coredns')
  .option('--listen <address>', 'where to answer, over UDP and TCP', '127.0.0.1:10053')
  .option('--cluster-domain <zone>', "the cluster's zone", 'cluster.local')
  .option('--cluster-dns <ip>', "the address of the cluster's DNS Service", '10.96.0.10')
  .option('--ttl <seconds>', 'how long answers may be kept', '30')
  .option(
    '--forward <file>',
    'resolv.conf with the resolvers for other names; "" for none',
    '/etc/resolv.conf',
  );

interface Flags extends ControllerFlags {
  readonly listen: string;
  readonly clusterDomain: string;
  readonly clusterDns: string;
  readonly ttl: string;
  readonly forward: string;
}

await controllerMain<Flags>(command, process.argv.slice(2), async (context, flags) => {
  const [address = '', port = ''] = flags.listen.split(':');
  const server = await startCoredns(context, {
    network: systemHostNetwork,
    listen: { address, port: Number(port) },
    zone: flags.clusterDomain,
    ttl: Number(flags.ttl),
    clusterDnsIp: flags.clusterDns,
    upstreams: flags.forward === '' ? [] : readResolvConf(flags.forward),
  });
  return { info: { address: server.local.address, port: server.local.port }, stop: () => server.close() };
});
