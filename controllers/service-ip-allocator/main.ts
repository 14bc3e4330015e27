import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { serveWebhook } from './serve-webhook.ts';
import { startServiceIpAllocator } from './start-service-ip-allocator.ts';

const command = new Command('service-ip-allocator')
  .option('--service-cidr <cidrs>', "the Services' networks, one of each family", '10.96.0.0/16')
  .option('--node-port-range <range>', 'node ports', '30000-32767')
  .requiredOption('--tls-cert-file <file>', "the webhook's certificate")
  .requiredOption('--tls-private-key-file <file>', 'its key')
  .requiredOption('--ca-file <file>', 'the authority that signed it');

interface Flags extends ControllerFlags {
  readonly serviceCidr: string;
  readonly nodePortRange: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly caFile: string;
}

await controllerMain<Flags>(command, process.argv.slice(2), async (context, flags) => {
  const [first, last] = flags.nodePortRange.split('-').map(Number);
  const tls = {
    cert: readFileSync(flags.tlsCertFile, 'utf8'),
    key: readFileSync(flags.tlsPrivateKeyFile, 'utf8'),
    ca: readFileSync(flags.caFile, 'utf8'),
  };
  await startServiceIpAllocator(context, {
    serviceCidrs: flags.serviceCidr.split(','),
    nodePorts: { first: first ?? 30000, last: last ?? 32767 },
    serve: (review) => serveWebhook(review, tls, context.signal),
  });
  return undefined;
});
