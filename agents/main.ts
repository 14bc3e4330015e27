import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { createControllerContext } from '../client/controller-context.ts';
import { Http2Transport } from '../client/http2-transport.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { preciseClock } from '../platform/clock.ts';
import { runComponent } from '../platform/component-process.ts';
import { parseDuration } from '../platform/duration.ts';
import type { Logger } from '../platform/logger.ts';
import { systemRng } from '../platform/rng.ts';
import { systemHostNetwork } from '../platform/system-host-network.ts';
import { type AgentServer, startAgentServer } from './server/agent-server.ts';
import { startAgent } from './start-agent.ts';

const command = new Command('agent')
  .requiredOption('--kubeconfig <file>', 'how to reach the API server, and as which node')
  .requiredOption('--node-name <name>', "the node's name")
  .requiredOption(
    '--node-address <cidr>',
    "the node's addresses on the nodes' segment, with prefix length, one of each family",
  )
  .requiredOption('--host-address <ip>', "the machine's address that stands for the node")
  .requiredOption('--tls-cert-file <file>', "the certificate of the node's API")
  .requiredOption('--tls-private-key-file <file>', 'its key')
  .requiredOption('--client-ca-file <file>', 'the authority of those who may call it')
  .option('--host-gateway <cidr>', "the machine's addresses on the segment", '172.18.0.1/16')
  .option('--port <port>', "port of the node's API; 0: any", '0')
  .option('--cluster-cidr <cidr>', 'the pod networks, one of each family', '10.244.0.0/16')
  .option('--service-cidr <cidr>', "the Services' networks, one of each family", '10.96.0.0/16')
  .option('--cluster-dns <ip>', "the address of the cluster's DNS Service", '10.96.0.10')
  .option('--cluster-domain <zone>', "the cluster's zone", 'cluster.local')
  .option('--pod-manifest-path <dir>', 'where the manifests of static pods are; left out: there are none')
  .option('--node-lease-renew-interval <duration>', 'how often the node says that it is alive', '10s');

type Flags = Readonly<
  Record<
    | 'kubeconfig'
    | 'nodeName'
    | 'nodeAddress'
    | 'hostAddress'
    | 'tlsCertFile'
    | 'tlsPrivateKeyFile'
    | 'clientCaFile'
    | 'hostGateway'
    | 'port'
    | 'clusterCidr'
    | 'serviceCidr'
    | 'clusterDns'
    | 'clusterDomain'
    | 'nodeLeaseRenewInterval',
    string
  >
> & { readonly podManifestPath?: string };

const flags = command.parse(process.argv.slice(2), { from: 'user' }).opts<Flags>();

await runComponent(`agent-${flags.nodeName}`, async ({ logger, metrics, signal }) => {
  const transport = new Http2Transport(await readKubeconfig(flags.kubeconfig), preciseClock);
  const context = createControllerContext({
    name: 'agent',
    transport,
    clock: preciseClock,
    rng: systemRng,
    logger,
    metrics,
    signal,
  });
  let server: AgentServer | undefined;
  const manifests = await openManifests(flags, logger);
  const agent = await startAgent(context, {
    ...flags,
    nodeAddresses: flags.nodeAddress.split(','),
    hostGateways: flags.hostGateway.split(','),
    clusterCidrs: flags.clusterCidr.split(','),
    serviceCidrs: flags.serviceCidr.split(','),
    network: systemHostNetwork,
    staticPods: manifests?.staticPods,
    leaseRenewMs: parseDuration(flags.nodeLeaseRenewInterval),
    leaseDurationSeconds: 40,
    serve: async (api) => {
      server = await startAgentServer({
        api,
        address: flags.hostAddress,
        port: Number(flags.port),
        ca: readFileSync(flags.clientCaFile, 'utf8'),
        cert: readFileSync(flags.tlsCertFile, 'utf8'),
        key: readFileSync(flags.tlsPrivateKeyFile, 'utf8'),
      });
      return server.port;
    },
  });
  return {
    info: { bootId: agent.bootId },
    stop: async () => {
      manifests?.close();
      await server?.close();
      await agent.stop();
      transport.close();
    },
  };
});

/** The node's static pods, if it has any; what reads them is loaded only then. */
async function openManifests({ podManifestPath, nodeName }: Flags, logger: Logger) {
  if (podManifestPath === undefined) return undefined;
  const { openStaticPods } = await import('./kubelet/static/open-static-pods.ts');
  return openStaticPods({ path: podManifestPath, nodeName, now: () => preciseClock.now(), logger });
}
