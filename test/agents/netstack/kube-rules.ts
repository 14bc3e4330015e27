import { createHash } from 'node:crypto';

export interface KubeRulesOptions {
  readonly endpoints: readonly string[];
  readonly nodeIndex: number;
  readonly masquerade?: boolean;
  readonly flannelMasquerade?: boolean;
  readonly vip?: string;
  readonly port?: number;
  readonly nodePort?: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return bits.replace(/.{1,5}/g, (five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]!);
}

const hash = (name: string): string => base32(createHash('sha256').update(name).digest()).slice(0, 16);

const CLUSTER = '10.244.0.0/16';

/** What kube-proxy (iptables mode) and flannel load for one Service default/web:http on one node. */
export function kubeRules(options: KubeRulesOptions): string {
  const { endpoints, nodeIndex, vip = '10.96.0.10', port = 80, nodePort = 30080 } = options;
  const name = 'default/web:http';
  const service = hash(`${name}tcp`);
  const sep = (endpoint: string) => `KUBE-SEP-${hash(`${name}tcp${endpoint}`)}`;
  const own = `10.244.${nodeIndex}.0/24`;
  const lines = [
    '*filter',
    ...[
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-FORWARD',
      'KUBE-NODEPORTS',
      'KUBE-PROXY-FIREWALL',
      'KUBE-FIREWALL',
    ].map((chain) => `:${chain} - [0:0]`),
    '-A INPUT -j KUBE-FIREWALL',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A OUTPUT -j KUBE-FIREWALL',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...(endpoints.length === 0
      ? [
          `-A KUBE-SERVICES -m comment --comment "${name} has no endpoints" -m tcp -p tcp -d ${vip} --dport ${port} -j REJECT`,
        ]
      : []),
    'COMMIT',
    '*nat',
    ...['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', 'FLANNEL-POSTRTG'].map(
      (chain) => `:${chain} - [0:0]`,
    ),
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A POSTROUTING -j FLANNEL-POSTRTG',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    ...((options.masquerade ?? true) ? ['-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000'] : []),
    '-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN',
    `-A FLANNEL-POSTRTG -s ${own} -d ${CLUSTER} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${CLUSTER} -d ${own} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${CLUSTER} -d ${own} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${CLUSTER} ! -d 224.0.0.0/4 -j MASQUERADE --random-fully`,
    ...((options.flannelMasquerade ?? true)
      ? [`-A FLANNEL-POSTRTG ! -s ${CLUSTER} -d ${CLUSTER} -j MASQUERADE --random-fully`]
      : []),
  ];
  if (endpoints.length > 0) {
    lines.push(
      `:KUBE-SVC-${service} - [0:0]`,
      `:KUBE-EXT-${service} - [0:0]`,
      ...endpoints.map((endpoint) => `:${sep(endpoint)} - [0:0]`),
      `-A KUBE-SERVICES -m comment --comment "${name} cluster IP" -m tcp -p tcp -d ${vip} --dport ${port} -j KUBE-SVC-${service}`,
      `-A KUBE-NODEPORTS -m comment --comment ${name} -m tcp -p tcp --dport ${nodePort} -j KUBE-EXT-${service}`,
      `-A KUBE-EXT-${service} -m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`,
      `-A KUBE-EXT-${service} -j KUBE-SVC-${service}`,
      `-A KUBE-SVC-${service} -m comment --comment "${name} cluster IP" -m tcp -p tcp -d ${vip} --dport ${port} ! -s ${CLUSTER} -j KUBE-MARK-MASQ`,
    );
    for (const [i, endpoint] of endpoints.entries()) {
      const left = endpoints.length - i;
      const chance = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ` : '';
      lines.push(
        `-A KUBE-SVC-${service} -m comment --comment "${name} -> ${endpoint}" ${chance}-j ${sep(endpoint)}`,
        `-A ${sep(endpoint)} -m comment --comment ${name} -s ${endpoint.split(':')[0]} -j KUBE-MARK-MASQ`,
        `-A ${sep(endpoint)} -m comment --comment ${name} -m tcp -p tcp -j DNAT --to-destination ${endpoint}`,
      );
    }
  }
  lines.push(
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    'COMMIT',
  );
  return `${lines.join('\n')}\n`;
}
