import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parseDuration } from '../../platform/duration.ts';
import type { CertificateSignerOptions } from '../certificate-signer/start-certificate-signer.ts';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { startControllerManager } from './start-controller-manager.ts';

const command = new Command('controller-manager')
  .requiredOption('--root-ca-file <file>', 'the authority published to every namespace')
  .option('--cluster-signing-cert-file <file>', 'the authority that signs certificate requests, PEM')
  .option('--cluster-signing-key-file <file>', 'its key, PEM; without both nothing is signed')
  .option('--node-monitor-grace-period <duration>', 'a node silent for longer is Unknown', '40s');

interface Flags extends ControllerFlags {
  readonly rootCaFile: string;
  readonly clusterSigningCertFile?: string;
  readonly clusterSigningKeyFile?: string;
  readonly nodeMonitorGracePeriod: string;
}

await controllerMain<Flags>(command, process.argv.slice(2), async (context, flags) => {
  await startControllerManager(context, {
    signing: signing(flags),
    rootCa: readFileSync(flags.rootCaFile, 'utf8'),
    nodeMonitorGracePeriodMs: parseDuration(flags.nodeMonitorGracePeriod),
  });
  return undefined;
});

function signing({
  clusterSigningCertFile,
  clusterSigningKeyFile,
}: Flags): CertificateSignerOptions['signing'] {
  if (clusterSigningCertFile === undefined || clusterSigningKeyFile === undefined) return undefined;
  return {
    cert: readFileSync(clusterSigningCertFile, 'utf8'),
    key: readFileSync(clusterSigningKeyFile, 'utf8'),
  };
}
