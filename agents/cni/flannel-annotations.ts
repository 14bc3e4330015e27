import type { Node } from '../../openapi/generated/types.ts';
import { networkOf, type Prefix, parsePrefix } from '../netstack/cidr.ts';
import { type IpAddress, type IpVersion, isIpv6, parseIp, versionOf } from '../netstack/ip-address.ts';
import { isLoopback, isMulticast, isZeronet } from '../netstack/ipv4.ts';
import { isMulticast6 } from '../netstack/ipv6.ts';
import { isGroupMac, type Mac, parseMac, ZERO_MAC } from '../netstack/mac.ts';
import type { FlannelLease } from './flannel.ts';

const PREFIX = 'flannel.alpha.coreos.com';

/** What flanneld writes on its own node (flannel-io/flannel pkg/subnet/kube/annotations.go). */
export function flannelAnnotations(
  version: IpVersion,
  vtepMac: string,
  nodeIp: string,
): Record<string, string> {
  const { data, publicIp } = KEYS[version];
  return {
    [`${PREFIX}/backend-type`]: 'vxlan',
    [data]: JSON.stringify({ VNI: 1, VtepMAC: vtepMac }),
    [`${PREFIX}/kube-subnet-manager`]: 'true',
    [publicIp]: nodeIp,
  };
}

const KEYS: Readonly<Record<IpVersion, { readonly data: string; readonly publicIp: string }>> = {
  4: { data: `${PREFIX}/backend-data`, publicIp: `${PREFIX}/public-ip` },
  6: { data: `${PREFIX}/backend-v6-data`, publicIp: `${PREFIX}/public-ipv6` },
};

/**
 * What another node's annotations say of one family, once they and its pod CIDR are there. Anyone may have written them:
 * whatever does not make sense is as good as absent.
 */
export function flannelLease({ metadata, spec }: Node, version: IpVersion): FlannelLease | undefined {
  const keys = KEYS[version];
  const podCidr = (spec?.podCIDRs ?? [spec?.podCIDR]).map(readSubnet).find(isOf(version));
  const publicIp = readUnicast(metadata.annotations?.[keys.publicIp]);
  const vtepMac = readVtepMac(metadata.annotations?.[keys.data]);
  if (podCidr === undefined || publicIp === undefined || vtepMac === undefined) return undefined;
  if (versionOf(publicIp) !== version) return undefined;
  return { podCidr, publicIp, vtepMac };
}

const isOf =
  (version: IpVersion) =>
  (prefix: Prefix | undefined): boolean =>
    prefix !== undefined && versionOf(prefix.address) === version;

function readSubnet(text: string | undefined): Prefix | undefined {
  const parsed = parsePrefix(text ?? '');
  return parsed && { address: networkOf(parsed), prefixLength: parsed.prefixLength };
}

function readUnicast(text: string | undefined): IpAddress | undefined {
  const address = parseIp(text ?? '');
  if (address !== undefined && isIpv6(address))
    return address <= 1n || isMulticast6(address) ? undefined : address;
  if (address === undefined || isZeronet(address) || isLoopback(address)) return undefined;
  return isMulticast(address) || address >>> 28 === 0xf ? undefined : address;
}

function readVtepMac(data: string | undefined): Mac | undefined {
  try {
    const { VtepMAC } = JSON.parse(data ?? '') as { VtepMAC?: unknown };
    const mac = typeof VtepMAC === 'string' ? parseMac(VtepMAC) : undefined;
    return mac === undefined || mac === ZERO_MAC || isGroupMac(mac) ? undefined : mac;
  } catch {
    return undefined;
  }
}
