import type { Node } from '../../openapi/generated/types.ts';
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

/** What a node's annotations say, once they and its pod CIDR are there. */
export function flannelLease({ metadata, spec }: Node): FlannelLease | undefined {
  const publicIp = metadata.annotations?.[`${PREFIX}/public-ip`];
  const vtepMac = readVtepMac(metadata.annotations?.[`${PREFIX}/backend-data`]);
  if (!spec?.podCIDR || publicIp === undefined || vtepMac === undefined) return undefined;
  return { podCidr: spec.podCIDR, publicIp, vtepMac };
}

function readVtepMac(data: string | undefined): string | undefined {
  try {
    const { VtepMAC } = JSON.parse(data ?? '') as { VtepMAC?: unknown };
    return typeof VtepMAC === 'string' ? VtepMAC : undefined;
  } catch {
    return undefined;
  }
}
