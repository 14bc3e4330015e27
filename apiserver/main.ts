import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../platform/clock.ts';
import { type RunningComponent, runComponent } from '../platform/component-process.ts';
import { parseDuration } from '../platform/duration.ts';
import type { Logger } from '../platform/logger.ts';
import { systemRng } from '../platform/rng.ts';
import { httpsWebhookCaller } from './admission/https-webhook-caller.ts';
import { type AuditLog, auditFile } from './audit/audit-log.ts';
import { readSigningKeys } from './authentication/signing-keys.ts';
import { parseTokenFile } from './authentication/token-file.ts';
import type { UserInfo } from './authentication/user-info.ts';
import { createApiServer, type ServiceAccountOptions } from './create-api-server.ts';
import { httpsKubeletProxy } from './https-kubelet-proxy.ts';
import type { KubeletProxy } from './kubelet-proxy.ts';
import { createServer, portOf } from './server.ts';
import { firstRevisionAt } from './storage/first-revision.ts';
import { JournalStorage } from './storage/journal/journal-storage.ts';
import { MemoryStorage } from './storage/memory-storage.ts';
import type { Storage } from './storage/storage.ts';

const DEFAULT_PORT = 6443;

interface Flags {
  readonly bindAddress: string;
  readonly securePort: number;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly clientCaFile?: string;
  readonly tokenAuthFile?: string;
  readonly auditLogPath?: string;
  readonly auditLogMaxsize: number;
  readonly maxRequestsInflight: number;
  readonly requestTimeout: string;
  readonly serviceAccountIssuer?: string;
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountKeyFile?: readonly string[];
  readonly apiAudiences?: string;
  readonly serviceClusterIpRange: string;
  readonly advertiseAddress: string;
  readonly advertisePort?: number;
  readonly kubeletClientCertificate?: string;
  readonly kubeletClientKey?: string;
  readonly kubeletCertificateAuthority?: string;
  readonly defaultNotReadyTolerationSeconds: number;
  readonly defaultUnreachableTolerationSeconds: number;
  readonly dataDir?: string;
  readonly etcdServers?: readonly string[];
  readonly etcdPrefix: string;
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
}

const flags = parseFlags(process.argv);
await runComponent('apiserver', ({ logger }) => serve(flags, logger));

async function serve(flags: Flags, logger: Logger): Promise<RunningComponent> {
  const api = await createApiServer({
    clock: systemClock,
    rng: systemRng,
    logger,
    webhooks: httpsWebhookCaller(),
    storage: await openStorage(flags, logger),
    tokens: tokens(flags),
    serviceAccounts: serviceAccounts(flags),
    audit: audit(flags, logger),
    ...kubelets(flags),
    defaultTolerations: {
      notReadySeconds: flags.defaultNotReadyTolerationSeconds,
      unreachableSeconds: flags.defaultUnreachableTolerationSeconds,
    },
    bootstrap: {
      serviceCidrs: flags.serviceClusterIpRange.split(','),
      clientCa: optionalFile(flags.clientCaFile),
      advertiseAddress: flags.advertiseAddress,
      advertisePort: flags.advertisePort ?? (flags.securePort || DEFAULT_PORT),
    },
  });
  const server = await createServer({
    api,
    logger,
    limits: {
      inFlight: flags.maxRequestsInflight,
      requestTimeoutMs: parseDuration(flags.requestTimeout),
    },
    tls: {
      cert: readFileSync(flags.tlsCertFile, 'utf8'),
      key: readFileSync(flags.tlsPrivateKeyFile, 'utf8'),
      clientCa: optionalFile(flags.clientCaFile),
    },
  });
  await server.listen({ host: flags.bindAddress, port: flags.securePort });
  return {
    info: { port: portOf(server) },
    stop: async () => {
      // Watches end first, or their connections would keep the server open.
      await api.close();
      await server.close();
    },
  };
}

function parseFlags(argv: readonly string[]): Flags {
  const command = new Command('podwire-apiserver')
    .description('A kubectl-compatible Kubernetes API server')
    .option('--bind-address <address>', 'address to listen on', '127.0.0.1')
    .option('--secure-port <port>', 'port to listen on; 0 takes a free one', integer, DEFAULT_PORT)
    .requiredOption('--tls-cert-file <file>', 'serving certificate, PEM')
    .requiredOption('--tls-private-key-file <file>', 'its key, PEM')
    .option('--client-ca-file <file>', 'authority that signs client certificates, PEM')
    .option('--token-auth-file <file>', 'static bearer tokens: token,user,uid,"groups" a line')
    .option('--audit-log-path <file>', 'a file that gets a JSON line for each request')
    .option('--audit-log-maxsize <megabytes>', 'size at which the audit log is begun anew', integer, 100)
    .option('--max-requests-inflight <count>', 'requests that are under way at the same time', integer, 600)
    .option('--request-timeout <duration>', 'time in which an answer must begin', '60s')
    .option('--service-account-issuer <url>', 'who service account tokens say they are from')
    .option('--service-account-signing-key-file <file>', 'their private key, PEM; one is made unless given')
    .option('--service-account-key-file <file...>', 'other keys whose tokens are believed, PEM')
    .option('--api-audiences <names>', 'names this server goes by in tokens; the issuer unless given')
    .option(
      '--service-cluster-ip-range <cidrs>',
      'networks of ClusterIPs, one of each family',
      '10.96.0.0/16',
    )
    .option('--advertise-address <address>', 'where pods reach this server', '172.18.0.1')
    .option('--advertise-port <port>', 'and its port; the secure port unless given', integer)
    .option('--kubelet-client-certificate <file>', 'what this server shows to nodes, PEM')
    .option('--kubelet-client-key <file>', 'its key, PEM')
    .option('--kubelet-certificate-authority <file>', "authority that signs nodes' certificates, PEM")
    .option('--data-dir <dir>', 'keep the objects in this directory; without it they end with the process')
    .addOption(
      new Option('--etcd-servers <urls>', 'keep the objects in etcd, and share them with other servers')
        .argParser(urls)
        .conflicts('dataDir'),
    )
    .option('--etcd-prefix <prefix>', 'what their keys begin with', '/podwire')
    .option('--etcd-cafile <file>', "authority that signs etcd's certificates, PEM")
    .option('--etcd-certfile <file>', 'what this server shows to etcd, PEM')
    .option('--etcd-keyfile <file>', 'its key, PEM')
    .option(
      '--default-not-ready-toleration-seconds <seconds>',
      'pods stay on a node that is not ready',
      integer,
      300,
    )
    .option(
      '--default-unreachable-toleration-seconds <seconds>',
      'pods stay on an unreachable node',
      integer,
      300,
    );
  return command.parse([...argv]).opts<Flags>();
}

function openStorage(flags: Flags, logger: Logger): Promise<Storage> | Storage {
  const { dataDir: path, etcdServers } = flags;
  if (etcdServers !== undefined) return openEtcd(flags, etcdServers, logger);
  const firstRevision = firstRevisionAt(systemClock.now());
  if (path === undefined) return new MemoryStorage(firstRevision);
  return JournalStorage.open({ path, logger, firstRevision });
}

/** Loaded by the servers that use it: gRPC is large. */
async function openEtcd(flags: Flags, servers: readonly string[], logger: Logger): Promise<Storage> {
  const { EtcdStorage } = await import('./storage/etcd/etcd-storage.ts');
  return EtcdStorage.open({
    servers,
    prefix: flags.etcdPrefix,
    ca: optionalFile(flags.etcdCafile),
    cert: optionalFile(flags.etcdCertfile),
    key: optionalFile(flags.etcdKeyfile),
    clock: systemClock,
    logger,
  });
}

function integer(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('not a whole number');
  return Number(text);
}

function urls(text: string): readonly string[] {
  const list = text.split(',');
  for (const url of list) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new InvalidArgumentError(`${JSON.stringify(url)} is not an http or https URL`);
    }
  }
  return list;
}

function optionalFile(path: string | undefined): string | undefined {
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

function tokens({ tokenAuthFile }: Flags): ReadonlyMap<string, UserInfo> {
  return tokenAuthFile === undefined ? new Map() : parseTokenFile(readFileSync(tokenAuthFile, 'utf8'));
}

function audit({ auditLogPath: path, auditLogMaxsize }: Flags, logger: Logger): AuditLog | undefined {
  return path === undefined
    ? undefined
    : auditFile({ path, maxBytes: auditLogMaxsize * 1024 * 1024, logger });
}

function serviceAccounts(flags: Flags): ServiceAccountOptions {
  const {
    serviceAccountIssuer: issuer,
    serviceAccountSigningKeyFile: file,
    serviceAccountKeyFile: others = [],
    apiAudiences,
  } = flags;
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    issuer,
    audiences: apiAudiences?.split(','),
    keys: file === undefined ? undefined : readSigningKeys(read(file), others.map(read)),
  };
}

function kubelets(flags: Flags): { kubeletProxy?: KubeletProxy } {
  const cert = optionalFile(flags.kubeletClientCertificate);
  const key = optionalFile(flags.kubeletClientKey);
  if (cert === undefined || key === undefined) return {};
  return {
    kubeletProxy: httpsKubeletProxy({ cert, key, ca: optionalFile(flags.kubeletCertificateAuthority) }),
  };
}
