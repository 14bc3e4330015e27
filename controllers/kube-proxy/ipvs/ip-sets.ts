import { IPV4, type IpFamily } from '../ip-family.ts';

/** The sets of kube-proxy's IPVS mode with their types (k8s pkg/proxy/ipvs/ipset.go, proxier.go). */
export const IP_SETS = {
  'KUBE-LOOP-BACK': 'hash:ip,port,ip',
  'KUBE-CLUSTER-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-FW': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-SOURCE-IP': 'hash:ip,port,ip',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': 'hash:ip,port,net',
  'KUBE-NODE-PORT-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-UDP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-UDP': 'bitmap:port',
  'KUBE-NODE-PORT-SCTP-HASH': 'hash:ip,port',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': 'hash:ip,port',
  'KUBE-HEALTH-CHECK-NODE-PORT': 'bitmap:port',
  'KUBE-IPVS-IPS': 'hash:ip',
} as const;
export type IpSetName = keyof typeof IP_SETS;

/** Set names are bounded. */
const MAX_NAME = 31;

/** What a set is called: IPv6's have names of their own, cut where they are too long. */
export function ipSetName(set: IpSetName, family: IpFamily): string {
  return family === IPV4 ? set : set.replace('KUBE-', 'KUBE-6-').slice(0, MAX_NAME);
}

export function ipSetNames(family: IpFamily): readonly string[] {
  return (Object.keys(IP_SETS) as IpSetName[]).map((set) => ipSetName(set, family));
}

/** Creates those that a node lacks. */
export function createSetsText(family: IpFamily): string {
  return (Object.keys(IP_SETS) as IpSetName[])
    .map((set) => {
      const [name, type] = [ipSetName(set, family), IP_SETS[set]];
      return type === 'bitmap:port'
        ? `create ${name} ${type} range 0-65535 -exist\n`
        : `create ${name} ${type} family ${family.ipset} hashsize 1024 maxelem 65536 -exist\n`;
    })
    .join('');
}
