import type { Node } from '../../openapi/generated/types.ts';
import { type Cidr, networkOf, parseCidr } from '../netstack/cidr.ts';
import { type Ipv4, isLoopback, isMulticast, isZeronet, parseIpv4 } from '../netstack/ipv4.ts';
import { isGroupMac, type Mac, parseMac, ZERO_MAC } from '../netstack/mac.ts';
import type { FlannelLease } from './flannel.ts';

const PREFIX = 'flannel.alpha.coreos.com';

/** What flanneld writes on its own node (flannel-io/flannel pkg/subnet/kube/annotations.go). */
export function flannelAnnotations(vtepMac: string, nodeIp: string): Record<string, string> {
  return {
    [`${PREFIX}/backend-type`]: 'vxlan',
    [`${PREFIX}/backend-data`]: JSON.stringify({ VNI: 1, VtepMAC: vtepMac }),
    [`${PREFIX}/kube-subnet-manager`]: 'true',
    [`${PREFIX}/public-ip`]: nodeIp,
  };
}

/**
 * What another node's annotations say, once they and its pod CIDR are there. Anyone may have written them:
 * whatever does not make sense is as good as absent.
 */
export function flannelLease({ metadata, spec }: Node): FlannelLease | undefined {
  const podCidr = readSubnet(spec?.podCIDR);
  const publicIp = readUnicast(metadata.annotations?.[`${PREFIX}/public-ip`]);
  const vtepMac = readVtepMac(metadata.annotations?.[`${PREFIX}/backend-data`]);
  if (podCidr === undefined || publicIp === undefined || vtepMac === undefined) return undefined;
  return { podCidr, publicIp, vtepMac };
}

function readSubnet(text: string | undefined): Cidr | undefined {
  const parsed = parseCidr(text ?? '');
  return parsed && { address: networkOf(parsed), prefixLength: parsed.prefixLength };
}

function readUnicast(text: string | undefined): Ipv4 | undefined {
  const address = parseIpv4(text ?? '');
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
