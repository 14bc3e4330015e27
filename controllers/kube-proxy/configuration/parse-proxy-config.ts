import { load } from 'js-yaml';
import { z } from 'zod';
import { parseDuration } from '../../../platform/duration.ts';
import { canonicalCidr } from '../canonical-ip.ts';
import { familyOf } from '../ip-family.ts';
import {
  type DetectLocal,
  IPVS_SCHEDULERS,
  PROXY_MODES,
  type ProxyConfig,
  type ProxyModeName,
  type SyncPeriods,
} from './proxy-config.ts';

/** What holds where a configuration is silent: the command line's. */
export interface ProxyDefaults {
  readonly mode: ProxyModeName;
  readonly clusterCidrs: readonly string[];
}

/** Go's zero values mean the default as an absent field does, which is how kubeadm writes it. */
const orDefault = <T extends z.ZodType>(type: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), type.optional());

const seconds = orDefault(
  z.string().transform((text, context) => {
    try {
      return parseDuration(text === '0' ? '0s' : text) / 1000;
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
);
const flag = orDefault(z.boolean());
const bit = orDefault(z.int().min(0).max(31));
const count = orDefault(
  z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
);
const cidr = z.string().transform((text, context) => {
  const network = canonicalCidr(text);
  if (network !== undefined) return network;
  context.addIssue({ code: 'custom', message: 'not a network (10.0.0.0/8)' });
  return z.NEVER;
});
const cidrs = orDefault(z.array(cidr));
const periods = { syncPeriod: seconds, minSyncPeriod: seconds };

const clusterCidr = orDefault(
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(
      z.array(cidr).refine((list) => new Set(list.map(familyOf)).size === list.length, {
        error: 'more than one network of a family',
      }),
    ),
);

const nodePortAddresses = orDefault(
  z
    .array(z.union([z.literal('primary'), cidr], { error: 'not a network, nor primary' }))
    .refine((list) => !list.includes('primary') || list.length === 1, { error: 'primary stands alone' }),
);

const LOCAL_MODES = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'] as const;
/** The field that says which device, where one is asked for. */
const DEVICE_FIELDS = {
  BridgeInterface: 'bridgeInterface',
  InterfaceNamePrefix: 'interfaceNamePrefix',
} as const;

const ignored = z.unknown().optional();

/** kubeproxy.config.k8s.io/v1alpha1. What concerns a kube-proxy's own process has no meaning here and is let pass. */
const FIELDS = z.strictObject({
  apiVersion: z.literal('kubeproxy.config.k8s.io/v1alpha1').optional(),
  kind: z.literal('KubeProxyConfiguration').optional(),
  mode: orDefault(z.enum(PROXY_MODES)),
  clusterCIDR: clusterCidr,
  nodePortAddresses,
  detectLocalMode: orDefault(z.enum(LOCAL_MODES)),
  detectLocal: orDefault(
    z.strictObject({ bridgeInterface: orDefault(z.string()), interfaceNamePrefix: orDefault(z.string()) }),
  ),
  iptables: orDefault(
    z.strictObject({ masqueradeBit: bit, masqueradeAll: flag, localhostNodePorts: flag, ...periods }),
  ),
  nftables: orDefault(z.strictObject({ masqueradeBit: bit, masqueradeAll: flag, ...periods })),
  ipvs: orDefault(
    z.strictObject({
      scheduler: orDefault(z.enum(IPVS_SCHEDULERS)),
      strictARP: flag,
      excludeCIDRs: cidrs,
      tcpTimeout: seconds,
      tcpFinTimeout: seconds,
      udpTimeout: seconds,
      ...periods,
    }),
  ),
  conntrack: orDefault(
    z.strictObject({
      maxPerCore: count,
      min: count,
      tcpBeLiberal: flag,
      tcpEstablishedTimeout: seconds,
      tcpCloseWaitTimeout: seconds,
      udpTimeout: seconds,
      udpStreamTimeout: seconds,
    }),
  ),
  bindAddress: ignored,
  bindAddressHardFail: ignored,
  clientConnection: ignored,
  configSyncPeriod: ignored,
  enableProfiling: ignored,
  featureGates: ignored,
  healthzBindAddress: ignored,
  hostnameOverride: ignored,
  logging: ignored,
  metricsBindAddress: ignored,
  oomScoreAdj: ignored,
  portRange: ignored,
  showHiddenMetricsForVersion: ignored,
  windowsRunAsService: ignored,
  winkernel: ignored,
});
type Fields = z.infer<typeof FIELDS>;

/** k8s pkg/proxy/apis/config/validation */
const SCHEMA = FIELDS.superRefine((fields, context) => {
  const mode = fields.detectLocalMode;
  if (mode !== 'BridgeInterface' && mode !== 'InterfaceNamePrefix') return;
  const field = DEVICE_FIELDS[mode];
  if (fields.detectLocal?.[field]) return;
  context.addIssue({ code: 'custom', path: ['detectLocal', field], message: `${mode} needs it` });
});

/** What a KubeProxyConfiguration asks for; an error names the field that is wrong. */
export function parseProxyConfig(text: string, defaults: ProxyDefaults): ProxyConfig | Error {
  let document: unknown;
  try {
    document = text.trim() === '' ? {} : load(text);
  } catch (error) {
    return new Error(`not YAML: ${(error as Error).message}`);
  }
  const parsed = SCHEMA.safeParse(document);
  if (!parsed.success) return new Error(problem(parsed.error));
  const config = withDefaults(parsed.data, defaults);
  const { minSyncMs, syncMs } = config.periods;
  return minSyncMs > syncMs ? new Error(`${config.mode}.syncPeriod: less than minSyncPeriod`) : config;
}

/** A configuration that says nothing. */
export function defaultProxyConfig(defaults: ProxyDefaults): ProxyConfig {
  return withDefaults({}, defaults);
}

function problem({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (!issue) return 'not valid';
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown field`).join('; ');
  return `${path.join('.') || 'the document'}: ${issue.message}`;
}

const MS = 1000;

/** k8s pkg/proxy/apis/config/v1alpha1/defaults.go */
function withDefaults(fields: Fields, defaults: ProxyDefaults): ProxyConfig {
  const { iptables = {}, nftables = {}, ipvs = {}, conntrack = {} } = fields;
  const mode = fields.mode ?? defaults.mode;
  const masquerading = mode === 'nftables' ? nftables : iptables;
  const addresses = fields.nodePortAddresses ?? (mode === 'nftables' ? ['primary'] : []);
  return {
    mode,
    clusterCidrs: fields.clusterCIDR ?? defaults.clusterCidrs,
    detectLocal: detectLocalOf(fields),
    masqueradeAll: masquerading.masqueradeAll ?? false,
    masqueradeBit: masquerading.masqueradeBit ?? 14,
    localhostNodePorts: mode === 'iptables' && (iptables.localhostNodePorts ?? true),
    nodePortAddresses: addresses.includes('primary') ? 'primary' : addresses,
    periods: periodsOf({ iptables, nftables, ipvs }[mode]),
    ipvs: {
      scheduler: ipvs.scheduler ?? 'rr',
      strictArp: ipvs.strictARP ?? false,
      excludeCidrs: ipvs.excludeCIDRs ?? [],
      timeouts: { tcp: ipvs.tcpTimeout ?? 0, tcpFin: ipvs.tcpFinTimeout ?? 0, udp: ipvs.udpTimeout ?? 0 },
    },
    conntrack: {
      maxPerCore: conntrack.maxPerCore ?? 32_768,
      min: conntrack.min ?? 131_072,
      tcpBeLiberal: conntrack.tcpBeLiberal ?? false,
      tcpEstablishedSeconds: conntrack.tcpEstablishedTimeout ?? 86_400,
      tcpCloseWaitSeconds: conntrack.tcpCloseWaitTimeout ?? 3600,
      udpSeconds: conntrack.udpTimeout,
      udpStreamSeconds: conntrack.udpStreamTimeout,
    },
  };
}

function detectLocalOf({ detectLocalMode: mode = 'ClusterCIDR', detectLocal = {} }: Fields): DetectLocal {
  if (mode === 'BridgeInterface') return { mode, bridge: detectLocal.bridgeInterface ?? '' };
  if (mode === 'InterfaceNamePrefix') return { mode, prefix: detectLocal.interfaceNamePrefix ?? '' };
  return { mode };
}

/**
 * 0 is the default too. Unlike the real one, which waits a second between two syncs, this one does not unless it is
 * told to: one who has seen endpoints become ready may use them at once.
 */
function periodsOf({
  syncPeriod,
  minSyncPeriod,
}: {
  readonly syncPeriod?: number | undefined;
  readonly minSyncPeriod?: number | undefined;
}): SyncPeriods {
  return {
    syncMs: (syncPeriod || 30) * MS,
    minSyncMs: (minSyncPeriod ?? 0) * MS,
  };
}
