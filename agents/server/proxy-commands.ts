/** What a proxy may run: the tools that program the kernel's network, as its capability NET_ADMIN would allow. */
export const PROXY_COMMANDS: ReadonlySet<string> = new Set([
  'iptables',
  'iptables-save',
  'iptables-restore',
  'conntrack',
  'ip',
  'ipset',
  'ip6tables',
  'ip6tables-save',
  'ip6tables-restore',
  'ipvsadm',
  'kube-proxy-health',
  'nfacct',
  'nft',
  'sysctl',
]);
